// Package gatekeeper runs the loops that keep the roster in step with Telegram and the bot in step with the roster: ingest, walk, tail
// the admin log, look people up, answer, work the outbox.
//
// Promises:
//
//   - One road. Facts, whichever account brings them, go through one ingest into one roster transaction, and a walk's pages through one
//     merge; nothing else writes standings, access or positions.
//
//   - A failed ingest is returned to whoever delivered, and ends the run: nothing is skipped because a disk was full.
//
//   - A question is decided within Pace.LookupTimeout of being taken up whatever becomes of the lookup: lookups run beside the question
//     and are raced against our own timer, since a context deadline is no deadline with gotd (design.md). Up to 512 people are taken
//     up at once; a member whom the roster knows waits for nobody's lookup.
//
//   - One lookup a person at a time, however many ask; through the bot, with the owner's account as the fallback only. The owner's
//     governor holds up nobody whom the bot can tell.
//
//   - Access follows an update of the bot's in the transaction that takes it in, whatever a lookup of the same moment said: where the two
//     contradict each other, a second lookup three seconds later confirms or restores, and nobody waits for it (membership.LookupMargin).
//
//   - A reply stays due until Telegram answered, or until the question is five minutes old; an action until Telegram answered, or
//     eight tries over some eight minutes came to nothing. Both are sent again after a crash with the same random_id. A promise is
//     not lost with its action: it stays with the subscriber until it is kept.
//
//   - The gate is fresh only while the bot's updates are whole, and proved to be over the bot's present connection: an update proves nothing
//     about those before it. Until a connection has its proof, a question waits for it for a second, and is then decided by a lookup,
//     whatever the roster says of the person; no promise is kept meanwhile. A hole in the updates, and the loss of the bot's right to
//     hear them, make the gate stale with the delivery that tells of it, until a new beginning is confirmed.
//
//   - A wait that Telegram asks for is kept: nothing is tried before its end, and what was held back counts as no try. A question's asker is
//     looked up until Telegram has told of them once, not once a try to send the answer. Whose lookups bring nothing new rests.
//
//   - Nobody is sent a promise and an answer at the same time.
//
//   - A walk goes on from its stored pages, in any process, with one call repeated at most, and keeps the level at which it began. One that was
//     planned by another version of the program ends as it stands, with a certificate that says how far it came, and a new one begins.
//
//   - A page of members that shows none of the ordinary ones is believed only after Telegram said that the account still administers the group:
//     so looks, without a word, a group that hides its members from somebody else.
//
//   - Beyond the window, what is due after a walk is an audit of so many calls, which begins with who was confirmed longest ago. Nobody is out for
//     being absent from a list: whom one misses that should show them is looked up, after all other lookups, and once a week at most.
//
//   - A basic group's whole list is one call: it is read every ten minutes, in the stead of the admin log that such a group does not keep. Where it
//     shows others than are known to be in, a walk takes in who came and has those looked up who are missing; the list itself puts nobody out.
//
//   - Watch goes on whichever account is away. Every ten minutes Telegram's count of the members is compared with who is known; a difference that
//     lasts is looked for in the admin log, then by lookups through the bot, then by a walk or an audit, and again after rests that double from
//     an hour to a day. What Rollcall needs and the bot or the owner's account loses is said within about a minute, with who took it; the bot asks
//     about the owner, so that the owner's account makes no call for it. That the admin log goes unread is said after 24 of the 48 hours.
//
//   - Walks and readings of the admin log come early by up to a tenth of their interval. Missed ones are made up for by one; a walk that ended
//     ahead of the clock counts for nothing.
//
// The package knows Telegram only by the interfaces that it declares, and what a walk asks next package walk decides. Follow needs the
// owner's account and Attend the bot's; either can run, end and run again without the other, so that the gate survives the loss of one.
// Attend and Follow each run once at a time.
//
// Limits: as many who come unheard as leave unheard are no difference in a count; a walk finds them. The queue of doubtful people is in memory and
// made anew from the roster when Attend begins. One of them is looked up a second, and two of those against whom nothing speaks but the silence of a
// list or a count, while the bot has nothing else to do. That the bot's session has ended is noticed when Telegram refuses a call or the next
// connection: within Pace.ProofEvery.
//
// Why lookups have workers and the askers only wait: an asker that called Telegram itself would be held by it, and could not be told to go
// on without leaving a goroutine behind that nobody waits for.
package gatekeeper
