// Package gatekeeper runs the loops that keep the roster in step with Telegram and the bot in step with the roster: ingest, walk, tail
// the admin log, look people up, answer, work the outbox.
//
// Promises:
//
//   - One road. Whatever is learnt, from whichever account, goes through Ingest into one roster transaction; nothing else writes
//     standings, access or positions.
//   - A failed ingest is returned to whoever delivered, and ends the run: nothing is skipped because a disk was full.
//   - A question is answered within Config.LookupTimeout whatever Telegram does: lookups run beside the question and are raced
//     against our own timer, since a context deadline is no deadline with gotd (design.md).
//   - One lookup a person at a time, however many ask; through the bot, with the owner's account as the fallback only.
//   - What is due (a reply, an action) stays in the roster until Telegram answered, and is sent again after a crash with the same
//     random_id.
//
// The package knows Telegram only by the three interfaces that it declares. Follow needs the owner's account and Attend the bot's; either
// can run, end and run again without the other, so that the gate survives the loss of one.
package gatekeeper
