// Package bot is the companion bot: what it hears of the group and of people in private, what it says to them, and the
// questions it asks Telegram about one person. It decides nothing: verdicts come from membership, and what was heard goes to a
// sink as membership.Batch.
//
// Promises:
//
//   - A position is never ahead of its effect. Whatever says something to us goes to the sink together with the position behind it; what says
//     nothing only moves the stored position. The first failure of the sink or of the store ends Listen with that error, and from it on no
//     position is written at all.
//   - Nothing is lost between two positions in silence. What was missed is taken whole, as Telegram answers it, with the position at its end
//     in the last batch; where Telegram says that it no longer has everything, or gives fewer updates than their numbers say there were, the
//     hole is a membership.Gap in that batch.
//   - An answer repeated is not shown twice: random ids follow from the question, an edit repeated is the same edit.
//   - Names are hostile: no text is ever parsed for markup, and a group's title loses control and direction characters and length.
//   - A payload that leaves this package is a valid start parameter or empty.
//
// Limits:
//
//   - A basic group has no single participants: a lookup there asks for the whole list, which is one call too.
//   - A button press is not in Telegram's queues: one made while the bot was away is gone, and the person presses again.
//   - The reader's language is known only while the process remembers having heard from them; otherwise the texts are English.
//   - Answers go out one at a time for one question. Coalescing, deadlines and retries belong to the caller.
//
// Why td's updates.Manager, and why not as it is: it orders what comes and asks for what was missed, which is the hard part. But it
// swallows a handler's error and stores the position all the same, and it loses an update that stands behind a hole in
// the numbers of a difference (it waits in a buffer for its predecessor while the position moves past it). So it runs over a
// store that refuses every write after a failure, differences are taken in before the manager sees them, and of the live stream
// it gets only what carries pts or qts, and button presses. Updates of channels never reach it: it would hold them back for as
// long as the server's channelDifference.timeout says, and membership does not need them.
package bot
