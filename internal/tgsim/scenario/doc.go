// Package scenario makes things happen in a simulator: one act at a time, or by a text with a line for each.
//
//	# The bot loses its place and gets it back.
//	at 0:10 join stranger#1
//	+5s    leave member#3
//	       demote bot by owner
//	at 2:00 kick bot
//	       fault drop 10% of updateChannelParticipant left to bot
//	       clock 49h
//	+1m    expect stranger#1 member
//
// A line is WHEN, optional, and WHAT; "#" at the start of a word ends it. WHEN is "at H:MM" or "at H:MM:SS" after the
// beginning, or "+TIME" after the line before; without it a line comes at once. WHAT is one of
//
//	ACTION WHO [by WHO] [in GROUP] [until TIME]    what the control face can do, by its names
//	start, message, callback WHO TEXT              in private with the bot
//	say, title, about, username, set, log WHO TEXT in the group, or in another: in GROUP say WHO TEXT
//	password WHO TEXT, pardon WHO                  another second factor; an end to Telegram's ban of the account
//	migrate [TITLE]                                makes a basic group a supergroup
//	fault RULE, or fault none                      the line of package fault; none takes all away
//	budgets TEXT                                   as rpc.ParseBudgets reads them
//	clock TIME, skew TIME                          moves the world's time; makes the server's clock wrong
//	end WHO [ERROR], cut WHO, salts                ends logins, so that calls are answered ERROR, ends connections,
//	                                               makes all salts bad
//	token                                          gives the bot another token
//	move WHO DC                                    to another data center
//	raid N over TIME, churn N                      a crowd that joins; unrest at every N-th page
//	[in GROUP] expect WHO STATUS [in|out]          the truth, in the Bot API's words; else the scenario fails
//	refused NAME ACTION …                          fails unless Telegram would refuse with this name
//
// WHO is owner, bot, an id, @username, or drawn from the seed: member#N plain members and admin#N admins at the
// beginning, stranger#N people who are in no group. The same number is the same person all through. GROUP is
// a username, or in quotes the title of one of the owner's groups, basic ones too; without it it is the watched one. TEXT is the rest of
// the line with one space between words, or in double quotes, with Go's escapes, whatever else somebody may say.
//
// Promises. What is wrong with a text is said before anything happens, with the line's number; only what a world alone
// can tell, whether there is such a person, group or DC, comes out as it plays. The same text, seed and world do the
// same. An act is the same whether a line or the control face asks for it. Time that "clock" skips does not count for the
// times of later lines, and goes forward only. A line's String is the line again and safe to print: what would not be
// seen, or would move what is, comes escaped in quotes.
//
// Limits. Lines follow each other; nothing waits for what a client does. For that there is Go: a general language was
// not put here, since a scenario should be read at a glance. A text is UTF-8, its lines have less than 64 KiB each, and
// no more than ten years pass.
package scenario
