pragma circom 2.2.0;
// "The person of this credential is at least `years` old today." The birth date stays hidden.
//
// The credential is a salted commitment that its issuer published. Who is born on 29 February is a
// year older from 1 March in years that have no such day.
include "hashing.circom";
include "numbers.circom";

template Age() {
    input signal birth_year;
    input signal birth_month;
    input signal birth_day;
    input signal salt;
    input signal today_year;
    input signal today_month;
    input signal today_day;
    input signal years;
    input signal commitment;

    component year = Bits(14);
    year.in <== birth_year;
    component first_month = Bits(4);
    first_month.in <== birth_month - 1;
    component last_month = Bits(4);
    last_month.in <== 12 - birth_month;
    component first_day = Bits(5);
    first_day.in <== birth_day - 1;
    component last_day = Bits(5);
    last_day.in <== 31 - birth_day;

    signal birth <== birth_year * 10000 + birth_month * 100 + birth_day;
    signal committed <== Compress()(birth, salt);
    committed === commitment;

    component of_age = AtMost(28);
    of_age.small <== birth + years * 10000;
    of_age.large <== today_year * 10000 + today_month * 100 + today_day;
}

component main {public [today_year, today_month, today_day, years, commitment]} = Age();
