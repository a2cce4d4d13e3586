// Package people makes up names for the simulated Telegram's accounts.
//
// The same seed gives the same people in the same order, on every machine and Go version (the generator is PCG, whose sequence
// Go promises to keep, and names are dealt in whole numbers). A [Profile] says whom a group draws: 21 cultures, or mostly
// Russians, Iranians or Chinese. Cultures come and go with the date of joining, so that a sample of the newest members is a
// biased one, as in life.
//
// Names come from statistics: names/names.txt has them by culture in order of frequency and names/make.mjs makes that file;
// names/NOTICE says from which packages, under which licenses. First and last names are put together by chance, so nobody real
// is meant. They are dealt with Zipf-like chances, in the culture's own script or in Latin letters, with short forms, several
// spellings and women's surnames.
//
// Shares are those that were counted in large groups: 30 % have no username, 48 % no last name, 2.2 % a first name of one
// letter, 1.8 % only pictures or symbols, 1.5 % letters out of the ordinary. On average 2.2 words of somebody can be searched.
// At 200,000 people these words begin with about 1,871 different characters in the international profile, 841 in the Russian,
// 217 in the Persian and 3,681 in the Chinese one. Tests hold all of them within a tenth.
//
// About one in fifty is hostile: a name that breaks a terminal, a spreadsheet, a web page or a bidirectional line. Whoever
// prints names learns of it here and not from a member.
//
// First names are never empty and no name is longer than Telegram's 64 characters; usernames are unique within a Source and
// valid as Telegram's are (5 to 32 characters, a letter first), in capitals and small letters.
//
// Faker's generators themselves are not ported: they deal every name with the same chance, so that no prefix of a search is
// ever crowded, and crowded prefixes are what makes large groups hard to read.
package people
