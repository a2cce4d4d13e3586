// Package people makes up names for the simulated Telegram's accounts.
//
// The same seed gives the same people in the same order, on every machine and Go version (the
// generator is PCG, whose sequence Go promises to keep). Scripts are mixed as in a large
// international group; about 30 % have no username and 48 % no last name, as in groups that were
// counted. About one in fifty is hostile: a name that breaks a terminal, a spreadsheet, a web page or a
// bidirectional line. Whoever prints names learns of it here and not from a member.
//
// Names are short lists within this package, so that nothing is downloaded and nobody real is named.
// First names are never empty and no name is longer than Telegram's 64 characters; usernames are unique
// within a Source and valid as Telegram's are (5 to 32 characters, a letter first).
package people
