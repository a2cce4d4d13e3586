// Package fault is the simulator's switchboard of what goes wrong: rules of one line each, such as
//
//	drop 10% of updateChannelParticipant left to bot
//	cut after 1 of 50 channels.getParticipants from owner
//	late 3s messages.sendMessage
//	fail 500 INTERNAL 5% of calls
//	flood 31s channels.getParticipants from owner once
//
// A rule is WHAT, for how many, of what, whose, how often; reorder has an update come after the next one that the rule is
// about, and an answer after the connection's next:
//
//	WHAT    drop, duplicate, garbage, silence, cut before, cut after, delay TIME, late TIME, reorder [TIME],
//	        fail CODE NAME, flood TIME
//	SHARE   N% of: drawn from the seed; 1 of N: each N-th; left out: all
//	OF      calls, updates, a method, or a type of update; joined or left after updateChannelParticipant
//	WHOSE   from WHO of calls, to WHO of updates; WHO is owner, bot or an account's id
//	TIMES   once, or N times
//
// Promises. The first rule that strikes decides; a rule's chance comes from the seed and its number alone, so that
// rules added later change nothing for those before. What is a mistake is refused with the word that is wrong. Waits that
// a flood announces are kept to and recorded by the methods, like those of budgets. A Board may be used from any
// goroutine.
//
// Limits. Which of two calls at the same time comes first is the network's affair, so shares of concurrent calls
// are the same in number only. An update goes out in a container; who loses one loses the container. Each device of an
// account is sent its own, so that "once" is one device's; a device that is away is sent nothing, and loses nothing to a
// rule.
//
// Faults in the client's dialer would be simpler. They cannot tell a cut before the effect of a call from
// one after it, which is the difference that a client must survive.
package fault
