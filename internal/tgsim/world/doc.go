// Package world is what the simulated Telegram knows and the rules that its state changes by:
// accounts, one supergroup to be watched and a few chats beside it, private dialogs with bots, the
// admin log and every account's update queue.
//
// Promises. All state is behind one mutex; every method may be called from any goroutine. Time comes
// from Options.Now alone and chance from Options.Seed alone, so the same seed and clock give the same
// world: ids, names, access hashes, members, dates. What a method returns is the caller's own: no
// tg object is ever handed out twice, since TL's Encode writes into the object it encodes. Refusals
// are *tgerr.Error with Telegram's code and name. Pushes leave in the order of the changes.
//
// Limits. Supergroups carry no messages of members: what a group shows of its chatter is the order
// of Recent (Speak, Options.Chatter). Formatting entities of messages are dropped.
// Search reads every listed member, so it is slow in large groups; the other lists are not.
//
// The state holds compact records, not tg objects: 200,000 of these take 45 MB, as *tg.User they would
// take 150 and could not be encoded twice at a time. They are built for each answer instead, since access hashes differ by
// viewer anyway. Members are not kept sorted by a tree but in a slice ordered by activity: a page is
// a slice of it, and moving somebody to its end is one memmove.
package world
