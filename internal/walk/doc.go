// Package walk decides what to ask next, so that few calls show as many of a group's members as Telegram shows at all.
//
// Telegram shows at most 10,000 rows of a list. In a larger group the rest is found by searches, each of which shows those with a word that
// begins with a text. Two things make that more than guessing. The server counts each list, so that
//
//	missing = its count − known people who match
//
// says how many a search can still bring; where it says nobody, the search is closed without being read. And the people known are a sample of
// the unknown: which texts are worth asking is computed from their names, without an alphabet of ours.
//
// Promises:
//
//   - What is asked next follows from the answers alone. The walker keeps nothing that Resume cannot make again of the stored pages, so that a walk
//     which was killed goes on with at most one call repeated, and finds the same people.
//   - Neither the matching rule nor how much can be read of a list is taken for granted: both are measured while walking (rows.go, server.go), and a
//     count closes nothing before the rule was borne out by lists that were read to their end.
//   - Every call reads a page not read before, or opens a prefix. So a walk ends, whatever the server answers.
//   - Nobody is said to be out. What a walk did not show is told by number, with the prefixes that they hide under.
//
// The invariants are those of the tests named TestI1 to TestI7:
//
//   - I1 The rule never finds whom the server does not: three lists must bear it out before a count closes a prefix, and where it is found wrong, all
//     that was closed by it is open again.
//   - I2 A list read to its end is final.
//   - I3 People are only added.
//   - I4 A list's count is that of its first page; a later, smaller one says how much can be read.
//   - I5 Offsets advance by rows received.
//   - I6 Each call opens a prefix or reads a new page.
//   - I7 A search that lists everybody was ignored by the server: its rows are used, its count never.
//
// How it goes: a sample of the recent list; the first pages of common first characters, and where those come in the order of the recent list the rest
// of that, since then every list begins with its people and can be begun behind them; four short lists to test the rule; a cover of prefixes, which
// is planned on the sample by prices (plan.go) and planned anew as more is known; then the call that should bring most, one by one, until the best
// one should bring less than the level asks (tail.go). With everybody known in advance the best cover is within a few percent of a bound that the
// prices prove; docs/benchmarks.md has the figures beside it.
//
// Limits: somebody whose names have no letter or digit is found by no search, and somebody whose only word is shared by more people than can be
// read only by chance. A server that matches inside words makes lists overlap so much that a search is dear.
//
// Why not recursion over an alphabet, as other clients have it: it asks for what nobody has, misses what the alphabet lacks, and reads every list to
// its end. Why not one order of prefixes for all groups: names differ too much between groups; the first 2,000 members tell which.
//
// The package is pure: no call, no clock, no file. One goroutine uses a Walker.
package walk
