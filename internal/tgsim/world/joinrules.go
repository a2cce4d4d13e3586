package world

// JoinRules say what sources leave open about coming in and about the admin log that tells of it. The zero value is
// what most of them agree on.
type JoinRules struct {
	// Nameless is the size above which the admin log's events of joining do not say who has joined; 0 is never.
	Nameless int
	// Unfiled leaves log events whose filter flag is nowhere documented out of every filtered page.
	Unfiled bool
	// ApproverActs has the bot update of an approved request name who approved as the actor, not the joiner.
	ApproverActs bool
	// Guarded is how many people in a thousand can be added to groups by their contacts only.
	Guarded int
	// HastyUnban has an unban within the second of the ban leave the person inside, as reports have it of clients that
	// kick without a pause.
	HastyUnban bool
}

// ParseJoinRules reads rules as "nameless=10000,unfiled". The names are nameless, unfiled, approver-acts, guarded and
// hasty-unban.
func ParseJoinRules(text string) (JoinRules, error) {
	var r JoinRules
	return r, parseRules("join rule", text, []setting{
		{"nameless", number(&r.Nameless)},
		{"unfiled", flag(&r.Unfiled)},
		{"approver-acts", flag(&r.ApproverActs)},
		{"guarded", number(&r.Guarded)},
		{"hasty-unban", flag(&r.HastyUnban)},
	})
}
