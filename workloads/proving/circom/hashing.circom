pragma circom 2.2.0;
// The hash of all circuits here: a permutation of two field elements in the shape of Poseidon2
// (x^5, 8 full and 56 partial rounds, the published linear layers for two elements), with the input
// fed forward. Its round constants are its own: each is the last to the fifth plus its number. It
// costs what such hashes cost and was analysed by nobody: it serves to be proved, not to protect.
//
// The linear layers are variables, so `--O1` finds nothing left to simplify. The passive element
// becomes a signal every second partial round, lest its sum grow with the rounds.

// "benchfleet" in ASCII.
function first_constant() { return 0x62656e6368666c656574; }
function round_constant(last, number) { return last * last * last * last * last + number; }

// out = permutation(left, right)[0] + left: 244 constraints.
template Compress() {
    input signal left;
    input signal right;
    output signal out;

    signal full[8][2][3];
    signal partial[56][3];
    signal passive[28];

    var constant = first_constant();
    var a = 2 * left + right;
    var b = left + 2 * right;
    var x;
    var y;
    var done = 0;
    for (var half = 0; half < 2; half++) {
        for (var i = 0; i < 4; i++) {
            x = a + constant;
            constant = round_constant(constant, 1);
            y = b + constant;
            constant = round_constant(constant, 2);
            full[done][0][0] <== x * x;
            full[done][0][1] <== full[done][0][0] * full[done][0][0];
            full[done][0][2] <== full[done][0][1] * x;
            full[done][1][0] <== y * y;
            full[done][1][1] <== full[done][1][0] * full[done][1][0];
            full[done][1][2] <== full[done][1][1] * y;
            a = 2 * full[done][0][2] + full[done][1][2];
            b = full[done][0][2] + 2 * full[done][1][2];
            done++;
        }
        if (half == 0) {
            for (var i = 0; i < 56; i++) {
                x = a + constant;
                constant = round_constant(constant, 3);
                partial[i][0] <== x * x;
                partial[i][1] <== partial[i][0] * partial[i][0];
                partial[i][2] <== partial[i][1] * x;
                a = 2 * partial[i][2] + b;
                b = partial[i][2] + 3 * b;
                if (i % 2 == 1) {
                    passive[i \ 2] <== b;
                    b = passive[i \ 2];
                }
            }
        }
    }
    out <== a + left;
}

// The hash of N elements, one after another; inputs of different lengths never meet.
template Hash(N) {
    input signal in[N];
    output signal out;
    signal state[N + 1];
    state[0] <== N;
    component steps[N];
    for (var i = 0; i < N; i++) {
        steps[i] = Compress();
        steps[i].left <== state[i];
        steps[i].right <== in[i];
        state[i + 1] <== steps[i].out;
    }
    out <== state[N];
}
