// Package gatekeeper runs the loops that keep the roster in step with Telegram and the bot in step with the roster: ingest, walk, tail
// the admin log, look people up, answer, work the outbox.
//
// Promises:
//
//   - One road. Facts, whichever account brings them, go through one ingest into one roster transaction, and a walk's pages through one
//     merge; nothing else writes standings, access or positions.
//   - A failed ingest is returned to whoever delivered, and ends the run: nothing is skipped because a disk was full.
//   - A question is decided within Pace.LookupTimeout of being taken up whatever becomes of the lookup: lookups run beside the question
//     and are raced against our own timer, since a context deadline is no deadline with gotd (design.md). Up to 512 people are taken
//     up at once; a member whom the roster knows waits for nobody's lookup.
//   - One lookup a person at a time, however many ask; through the bot, with the owner's account as the fallback only. The owner's
//     governor holds up nobody whom the bot can tell.
//   - A reply stays due until Telegram answered, or until the question is five minutes old; an action until Telegram answered, or
//     eight tries over some eight minutes came to nothing. Both are sent again after a crash with the same random_id. A promise is
//     not lost with its action: it stays with the subscriber until it is kept.
//   - The gate is fresh only while the bot's updates are whole: a hole in them makes it stale, until a new beginning is confirmed and
//     a walk is ordered for what the hole swallowed.
//
// The package knows Telegram only by the three interfaces that it declares. Follow needs the owner's account and Attend the bot's; either
// can run, end and run again without the other, so that the gate survives the loss of one. Attend and Follow each run once at a time.
//
// Limits: the queue of doubtful people is in memory and made anew from the roster when Attend begins. One of them is looked up a second.
//
// Why lookups have workers and the askers only wait: an asker that called Telegram itself would be held by it, and could not be told to go
// on without leaving a goroutine behind that nobody waits for.
package gatekeeper
