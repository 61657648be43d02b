pragma circom 2.2.0;
// "I am one of the residents of this register, and I use my right once." Which one stays hidden.
//
// The register is a Merkle tree of depth 20 (a million residents) whose leaves are compress(secret,
// 1). The nullifier compress(secret, scope) is the same for every proof of one resident in one scope
// (a ballot, a subsidy), so a second use shows; in two scopes it cannot be linked.
include "hashing.circom";

template Residency(DEPTH) {
    input signal secret;
    input signal siblings[DEPTH];
    input signal is_right[DEPTH];
    input signal root;
    input signal scope;
    input signal nullifier;

    signal node[DEPTH + 1];
    signal left[DEPTH];
    component up[DEPTH];
    node[0] <== Compress()(secret, 1);
    for (var i = 0; i < DEPTH; i++) {
        is_right[i] * (is_right[i] - 1) === 0;
        left[i] <== node[i] + is_right[i] * (siblings[i] - node[i]);
        up[i] = Compress();
        up[i].left <== left[i];
        up[i].right <== node[i] + siblings[i] - left[i];
        node[i + 1] <== up[i].out;
    }
    node[DEPTH] === root;
    signal used <== Compress()(secret, scope);
    used === nullifier;
}

component main {public [root, scope, nullifier]} = Residency(20);
