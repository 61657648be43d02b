pragma circom 2.2.0;
// "My score is at least `threshold`, and the assessment is still valid `now`." Score, subject and
// date of expiry stay hidden behind the commitment that the assessor published.
include "hashing.circom";
include "numbers.circom";

template Score() {
    input signal score;
    input signal expires;
    input signal subject;
    input signal salt;
    input signal threshold;
    input signal now;
    input signal commitment;

    signal committed <== Hash(4)([score, expires, subject, salt]);
    committed === commitment;
    component enough = AtMost(32);
    enough.small <== threshold;
    enough.large <== score;
    component valid = AtMost(64);
    valid.small <== now + 1;
    valid.large <== expires;
}

component main {public [threshold, now, commitment]} = Score();
