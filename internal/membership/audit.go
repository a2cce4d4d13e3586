package membership

// Audit is a walk of so many calls that confirms members instead of finding them, those first who were confirmed longest ago. A count of
// Telegram's that equals the number of known members whom it counts confirms all of them with one call.
type Audit struct {
	Budget int `json:"budget"` // calls that it may make
	// Known is how many members it could confirm, Unlisted how many are known to be in whom no list shows: they can be looked up only.
	Known    int `json:"known"`
	Unlisted int `json:"unlisted"`
	// Confirmed were confirmed by a row or a count, Counted of them by a count alone.
	Confirmed int `json:"confirmed"`
	Counted   int `json:"counted"`
	// Wordless are not confirmed and cannot be by a search: the recent list shows them, where it can be read.
	Wordless int `json:"wordless"`
	Suspects int `json:"suspects"` // not shown by lists that should show them, and so to be looked up
	// Distrusted says that the answers contradict each other so much that nobody is suspected: a walk is the way to learn more.
	Distrusted bool `json:"distrusted"`
	// Oldest is when the member was confirmed whose confirmation is now the oldest of all; 0 where nobody is left.
	Oldest Instant `json:"oldest"`
}
