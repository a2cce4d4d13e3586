package membership

// Spared says that a removal was undone and nothing happened since that would be a new reason for one: the absence, or the closed
// dialog, is still the one that the undo overruled. Only the owner's next plan may remove such a person again.
func (s Subscriber) Spared(after Standing) bool {
	return s.Reason == ReasonUndone && after.Since <= s.AccessSince && s.DialogSince <= s.AccessSince
}
