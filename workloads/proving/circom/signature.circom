pragma circom 2.2.0;
// Schnorr signatures on Baby Jubjub, the twisted Edwards curve 168700 x^2 + y^2 = 1 + 168696 x^2 y^2
// over the field of the circuit (EIP-2494). The addition law is complete, so no case is special.
include "hashing.circom";
include "numbers.circom";

template Add() {
    input signal x1;
    input signal y1;
    input signal x2;
    input signal y2;
    output signal x;
    output signal y;
    signal a <== x1 * y2;
    signal b <== y1 * x2;
    signal product <== a * b;
    signal sum <== (y1 - 168700 * x1) * (x2 + y2);
    x <-- (a + b) / (1 + 168696 * product);
    (1 + 168696 * product) * x === a + b;
    y <-- (sum + 168700 * a - b) / (1 - 168696 * product);
    (1 - 168696 * product) * y === sum + 168700 * a - b;
}

// The generator of the subgroup of prime order, as EIP-2494 has it.
function generator() {
    return [5299619240641551281634865583518297030282874472190772894086521144482721001553,
            16950150798460657717958625567821834550301663161624707787222815936182638968203];
}

function doubled(p) {
    var product = p[0] * p[1] * p[0] * p[1];
    return [(2 * p[0] * p[1]) / (1 + 168696 * product),
            (p[1] * p[1] - 168700 * p[0] * p[0]) / (1 - 168696 * product)];
}

// bits * generator: its doublings are constants, so a bit chooses one without a constraint.
template TimesGenerator(N) {
    input signal bits[N];
    output signal x;
    output signal y;
    component sums[N];
    var power[2] = generator();
    for (var i = 0; i < N; i++) {
        sums[i] = Add();
        if (i == 0) {
            sums[i].x1 <== 0;
            sums[i].y1 <== 1;
        } else {
            sums[i].x1 <== sums[i - 1].x;
            sums[i].y1 <== sums[i - 1].y;
        }
        sums[i].x2 <== bits[i] * power[0];
        sums[i].y2 <== 1 + bits[i] * (power[1] - 1);
        power = doubled(power);
    }
    x <== sums[N - 1].x;
    y <== sums[N - 1].y;
}

// bits * (px, py), from the highest bit down.
template Times(N) {
    input signal bits[N];
    input signal px;
    input signal py;
    output signal x;
    output signal y;
    component doubles[N];
    component sums[N];
    for (var i = N - 1; i >= 0; i--) {
        doubles[i] = Add();
        sums[i] = Add();
        if (i == N - 1) {
            doubles[i].x1 <== 0;
            doubles[i].y1 <== 1;
            doubles[i].x2 <== 0;
            doubles[i].y2 <== 1;
        } else {
            doubles[i].x1 <== sums[i + 1].x;
            doubles[i].y1 <== sums[i + 1].y;
            doubles[i].x2 <== sums[i + 1].x;
            doubles[i].y2 <== sums[i + 1].y;
        }
        sums[i].x1 <== doubles[i].x;
        sums[i].y1 <== doubles[i].y;
        sums[i].x2 <== bits[i] * px;
        sums[i].y2 <== 1 + bits[i] * (py - 1);
    }
    x <== sums[0].x;
    y <== sums[0].y;
}

// Holds where (nonce_x, nonce_y, response) is the signature of `message` by `key`:
// response * G = nonce + challenge * key, where the challenge is the low 128 bits of
// hash(nonce, key, message).
template Signed() {
    input signal message;
    input signal key_x;
    input signal key_y;
    input signal nonce_x;
    input signal nonce_y;
    input signal response;

    // The nonce is the prover's word: it must be a point.
    signal xx <== nonce_x * nonce_x;
    signal yy <== nonce_y * nonce_y;
    168700 * xx + yy - 1 === 168696 * xx * yy;

    signal hashed <== Hash(5)([nonce_x, nonce_y, key_x, key_y, message]);
    component all = FieldBits();
    all.in <== hashed;
    component challenged = Times(128);
    for (var i = 0; i < 128; i++) challenged.bits[i] <== all.out[i];
    challenged.px <== key_x;
    challenged.py <== key_y;
    component right = Add();
    right.x1 <== nonce_x;
    right.y1 <== nonce_y;
    right.x2 <== challenged.x;
    right.y2 <== challenged.y;

    component response_bits = Bits(251);
    response_bits.in <== response;
    component left = TimesGenerator(251);
    left.bits <== response_bits.out;
    left.x === right.x;
    left.y === right.y;
}
