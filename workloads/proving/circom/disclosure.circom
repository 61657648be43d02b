pragma circom 2.2.0;
// "An issuer whom you trust signed eight attributes about me; these are the ones you asked for."
//
// The issuer signs hash(attributes, salt) as signature.circom says. A bit of `mask` shows an
// attribute; hidden ones read as zero.
include "signature.circom";

template Disclosure(ATTRIBUTES) {
    input signal attributes[ATTRIBUTES];
    input signal salt;
    input signal nonce_x;
    input signal nonce_y;
    input signal response;
    input signal issuer_x;
    input signal issuer_y;
    input signal mask[ATTRIBUTES];
    input signal disclosed[ATTRIBUTES];

    component committed = Hash(ATTRIBUTES + 1);
    for (var i = 0; i < ATTRIBUTES; i++) {
        mask[i] * (mask[i] - 1) === 0;
        disclosed[i] === attributes[i] * mask[i];
        committed.in[i] <== attributes[i];
    }
    committed.in[ATTRIBUTES] <== salt;
    Signed()(committed.out, issuer_x, issuer_y, nonce_x, nonce_y, response);
}

component main {public [issuer_x, issuer_y, mask, disclosed]} = Disclosure(8);
