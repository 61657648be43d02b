pragma circom 2.2.0;
// Numbers of few bits, and comparisons of them.

// The N bits of `in`, the lowest first; there are none unless in < 2^N. N below 254.
template Bits(N) {
    input signal in;
    output signal out[N];
    var sum = 0;
    for (var i = 0; i < N; i++) {
        out[i] <-- (in >> i) & 1;
        out[i] * (out[i] - 1) === 0;
        sum += out[i] * (1 << i);
    }
    sum === in;
}

// Holds where small <= large; both below 2^N.
template AtMost(N) {
    input signal small;
    input signal large;
    component bits = Bits(N);
    bits.in <== large - small;
}

// The 254 bits of a field element as the number below the field's order that it is: bits above the
// first place where they differ from those of the order minus one must not be the larger ones.
template FieldBits() {
    input signal in;
    output signal out[254];
    var largest = -1;  // the order minus one
    signal equal[255];  // all bits from here up are those of `largest`
    equal[254] <== 1;
    var sum = 0;
    for (var i = 253; i >= 0; i--) {
        out[i] <-- (in >> i) & 1;
        out[i] * (out[i] - 1) === 0;
        sum += out[i] * (1 << i);
        if (((largest >> i) & 1) == 1) {
            equal[i] <== equal[i + 1] * out[i];
        } else {
            equal[i + 1] * out[i] === 0;
            equal[i] <== equal[i + 1];
        }
    }
    sum === in;
}
