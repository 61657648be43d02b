pragma circom 2.2.0;
// "Hashing some `start` LINKS times gives the result." Says nothing of interest and costs what its
// length costs: the yardstick. A link is 244 constraints; the compiler's script puts in the most
// LINKS that fit below each power of two.
include "hashing.circom";

template Chain(LINKS) {
    input signal start;
    output signal result;
    component links[LINKS];
    signal link[LINKS + 1];
    link[0] <== start;
    for (var i = 0; i < LINKS; i++) {
        links[i] = Compress();
        links[i].left <== link[i];
        links[i].right <== i;
        link[i + 1] <== links[i].out;
    }
    result <== link[LINKS];
}

component main = Chain(4);
