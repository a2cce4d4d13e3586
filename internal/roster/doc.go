// Package roster is the ledger, the standings, the subscribers, the outbox, the walks and the positions of any number of groups, in
// one bbolt file.
//
// Promises:
//
//   - One transaction is one effect. Ingest takes facts, what follows from them, due replies and the position together; StagePage a
//     page and its checkpoint; a merge some 5,000 rows and how far it is. When a method returns nil all of it is on disk; when it
//     returns an error nothing of it is. Killed at any instant, nothing is lost and nothing is applied twice (law 2).
//   - Everything may be repeated: an event is known by its identity, a question and a contact by theirs for two days (AskedFor), a
//     page by its number, a plan's row and an action by their state.
//   - Nothing is judged here. What a fact means, what follows from it, and whether a plan's row still holds is membership's; this
//     package carries it out. The one thing it adds is that revocations meet the breaker and shadow mode before they are real.
//   - What is derived can be made anew: Check folds the ledger again and compares, Rebuild writes what it should be. Ledger,
//     the registers of lists and of lookups, profiles, subscribers, actions, plans and positions are source data.
//   - A file that is cut off, damaged, somebody else's, or of a newer or a much older layout is refused, and left as it is (ErrForeign,
//     ErrNewer, ErrOlder). One of the two layouts before this one is brought up to date in place, in one transaction, by the first who opens
//     it for writing (upgrade.go). Damage that shows only later is an error, not a crash.
//   - No transaction waits for a network, a person or a pipe: the bulk readers hand over what they read outside of it.
//
// Limits: one process has the file for writing, and nobody else then has it for reading (ErrHeld); readers get a Snapshot. The bulk
// readers see each thousand people at one moment, not all of them; who needs that reads a Snapshot. A Rebuild, and the bringing of an older
// layout up to date, holds all records in memory. The ledger only grows. While a walk is open its rows take some thirty bytes each in memory, and their merge some
// hundred.
//
// Why not the obvious:
//
//   - Rows are not folded as they arrive. Telegram lists people by activity, which is no order of ids, and random writes cost ten
//     times as much; so pages are kept as they came, and sorted once. Until then every reader counts them (staging.go).
//   - A page is kept with what was asked and whom it only repeated, some six bytes each, until its walk ends. What a walk asks next follows
//     from its pages alone (Pages), so no state of its planner is stored that could disagree with them, or would be written whole with
//     every page.
//   - There is no index of the ledger by person, which would be such a random write for every event. Each entry names the same
//     person's entry before it, and the record names the newest: a history is a walk along that chain.
//   - Usernames are merged in an order of their own, before the people (merge.go), for the same reason. Who comes with a name takes
//     it, unless its owner was seen with it later.
//   - People, profiles and usernames have no key each: some twenty entries lie under one (clustered.go). With a key each, entering
//     them into bbolt's tree was most of a first walk's merge. Staged pages are cut in blocks (block.go), so that a commit does not
//     write its neighbors again.
//   - Counts are not kept for people: their standing changes as time passes. A class byte before each record makes counting two hundred
//     thousand a matter of milliseconds.
//   - Settled gaps lie apart from the open ones: the gate reads the open ones for every decision, and no gap is ever forgotten.
//   - Values are not JSON: a listed member takes some 35 bytes and a decoding of a microsecond. One function per record lists its
//     fields for both directions (wire.go), so that writing and reading cannot drift apart.
package roster
