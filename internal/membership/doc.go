// Package membership knows what it means to be in a group: what was stated about a person, what follows from all that was
// stated, and what may be done about it. It is pure: no clock, no disk, no network. Everything a person would argue about
// ("should Ann have been refused?") is decided here, and nowhere else.
//
// Promises:
//
//   - Absence is not evidence. Nothing in this package turns "was not in the list" into anything. Presence becomes Out only by
//     an Event or a Sighting that itself says banned or left.
//   - The fold is a set of registers that only ever grow (each keeps the greatest assertion of its kind in one total order). Any
//     interleaving, repetition or batching of the same inputs therefore gives the same Standing; there is no "replay mode".
//   - Decision and explanation are one function: Decide returns the answer together with the rule that gave it, the evidence,
//     its age and what would change it. There is no second code path that explains.
//   - A Plan is data. Making one changes nothing, and the breaker judges it before anybody applies it.
//
// Limits: times are whole seconds, as Telegram's are. Two facts of one second are ordered by grade, source and reference,
// which is arbitrary but the same everywhere.
//
// Why registers and not a replay of the ledger: late, doubled and contradicting facts are the normal case (bot updates, an
// admin log read every minute, lists read by the hour). A state machine that consumes deltas would need them in order; a set
// of maxima needs nothing. What a list showed goes into registers of its own (SeenIn, SeenOut) and reaches the ledger only where it
// changed somebody's presence, so that a walk of an unchanged group writes no event.
package membership
