// Package membership knows what it means to be in a group: what was stated about a person, what follows from all that was
// stated, and what may be done about it. It is pure: no clock, no disk, no network. Everything a person would argue about
// ("should Ann have been refused?") is decided here, and nowhere else.
//
// Promises:
//
//   - Absence is not evidence. Nothing in this package turns "was not in the list" into a presence: at most it orders a lookup (DoubtMissed).
//     Presence becomes Out only by an Event or a Sighting that itself says banned or left.
//   - The fold is a set of registers that only ever move one way (each keeps the greatest assertion of its kind in one total order, or the
//     least). Any interleaving, repetition or batching of the same inputs therefore gives the same Record, and with it the same Standing
//     resting on the same evidence; there is no "replay mode".
//   - Decision and explanation are one function: Decide returns the answer together with the rule that gave it, the evidence,
//     its age and what would change it. There is no second code path that explains.
//   - Nobody is removed in doubt: what follows from an event waits for a lookup (contested), except where the bot itself heard them go, and a
//     plan always does (inDoubt).
//   - A creator is never removed, by whatever is said of them, as long as the newest role known is theirs.
//   - A Plan is data. Making one changes nothing, and the breaker judges it before anybody applies it.
//   - A lookup counts from LookupMargin before it was sent. What Telegram dates then or later may be news to the lookup: such a
//     fact outweighs it, and where the two contradict each other a second lookup is ordered (DoubtTie). Somebody who was looked up and
//     leaves in the same moment is out with the update that says so, somebody who returns is in with it, and neither waits for the
//     second lookup nor depends on its coming. Only a departure that the bot did not hear itself waits for it (contested).
//   - The past is told as the present is: Past gives somebody's place at any moment, and at the end the Standing. Where two facts that
//     contradict each other leave open when the presence changed, it is unknown between them, and nothing is guessed.
//
// Limits: times are whole seconds, as Telegram's are. Two facts of one second are ordered by grade, source and reference:
// while the bot hears everything, that is the course of events. Who leaves, returns and is looked up within LookupMargin is refused
// until the update of their return, or the second lookup, has come. Who left and returned while no source looked was in throughout, for all that
// Past can tell, unless the return has a date.
//
// Why a lookup is not taken at the second of its sending: that second is ours, converted, and may be off by one and the network's
// delay. Taken at its word, a lookup stamped just after a departure that it did not see would outweigh it for good, and nobody would
// ask again. Asking what the bot had heard before the lookup was sent would be sharper, but would have to be kept with each lookup, and
// says nothing about the admin log; the margin costs one more lookup in the rare case and never decides wrongly for longer.
//
// Why registers and not a replay of the ledger: late, doubled and contradicting facts are the normal case (bot updates, an
// admin log read every minute, lists read by the hour). A state machine that consumes deltas would need them in order; a set
// of maxima needs nothing. What a list showed goes into registers of its own (SeenIn, SeenOut) and reaches the ledger only where it
// changed somebody's presence, so that a walk of an unchanged group writes no event. Lookups have registers of their own, too (AskedIn, AskedOut,
// FoundIn, FoundOut), and the ledger holds those that told something new: a stranger could otherwise make it grow at will. Which
// those are depends on what had been told before them, and so does the ledger, but not the record. A Past is told of both, and may know a
// narrower or a wider span of the same change where lookups came in another order.
//
// Why a standing rests on an event or a list where either alone would decide the same, and else on the first lookup that found it so: a lookup
// repeats what an event told better, and who is looked up every day is not in since today. Where lookups alone tell of a second stay, or of a
// second absence, the newest one is the evidence, and Since moves with it: the first of each stay could only be known in whatever order all
// came by keeping every lookup for ever.
package membership
