package membership

import "time"

// Tail is where the admin log was read up to.
type Tail struct {
	// LastID is the newest entry below which nothing is still to be read: it was ingested, or is a gap on record.
	LastID int64 `json:"last_id"`
	// Read is when the newest complete read began: all that the log held then was ingested. Telegram's time.
	Read Instant `json:"read"`
	// LastDate is the date of the entry LastID.
	LastDate Instant `json:"last_date"`
	// Open is a read that is under way, or was interrupted.
	Open TailRead `json:"open"`
}

// TailRead is how far a read of the admin log came. It goes from the newest entry down to the last known one: from Top to Below all is
// ingested, between Below and LastID nothing is. It is zero where no read is open.
type TailRead struct {
	Top       int64   `json:"top"`
	TopDate   Instant `json:"top_date"`
	Below     int64   `json:"below"` // the lowest entry that was read
	BelowDate Instant `json:"below_date"`
	Begun     Instant `json:"begun"` // Telegram's time
}

// TailPage is one answer of the admin log, newest first, with the events that concern membership.
type TailPage struct {
	Events   []Event
	Entries  []LogEntry // all of it, for the archive
	Profiles []Profile
	// Asked is Telegram's time when the question went out: what the log held then and is not on the page lies below or above it.
	Asked Instant
	// Newest and Oldest are the ids of the page's ends, over all actions; 0 for an empty page.
	Newest, Oldest         int64
	NewestDate, OldestDate Instant
	Rows                   int // events on the page, of any action
}

// retentionMargin is how much earlier than it says Telegram may have forgotten an entry, before its absence means more than its age.
const retentionMargin = 30 * time.Minute

// Take is the position with a page taken in that was asked for below Open.Below, and above LastID so that LastID itself is on the last
// page: seeing it again is the proof that nothing lies between. Done says that the read is complete. Where the log ended without it, and its
// age does not explain that, what lies between is a gap.
func (t Tail) Take(p TailPage) (next Tail, gap *Gap, done bool) {
	r := t.Open
	if r.Begun == 0 {
		r.Begun = p.Asked
	}
	joined := p.Rows > 0 && p.Oldest > 0 && p.Oldest <= t.LastID
	further := p.Rows > 0 && p.Oldest > 0 && (r.Below == 0 || p.Oldest < r.Below) // or the next page would be the newest again
	if further {
		if r.Top == 0 {
			r.Top, r.TopDate = p.Newest, p.NewestDate
		}
		r.Below, r.BelowDate = p.Oldest, p.OldestDate
	}
	if further && !joined {
		t.Open = r
		return t, nil, false
	}
	if !joined {
		gap = t.unread(r, p.Asked)
	}
	if r.Top > t.LastID {
		t.LastID, t.LastDate = r.Top, r.TopDate
	}
	t.Read, t.Open = max(t.Read, r.Begun), TailRead{}
	return t, gap, true
}

// unread is the span that a read which came to the log's end at now, without meeting the last known entry, did not cover.
func (t Tail) unread(r TailRead, now Instant) *Gap {
	known := t.Read
	if known == 0 {
		known = t.LastDate // of a first read that was never completed, by an older version
	}
	kept := now.Add(retentionMargin - AdminLogRetention) // all since then is still in the log
	vanished := t.LastID != 0 && t.LastDate >= kept
	switch {
	case known == 0:
		return nil // what was before the first read is no history of ours
	case r.BelowDate != 0 && r.BelowDate < known:
		return nil // the log goes back to before what is known
	case !vanished && known >= kept:
		return nil // quiet times: the last known entry was forgotten for its age, and nothing happened until the last read
	}
	g := Gap{Source: GapAdminLog, From: known, To: kept, Reason: "the admin log was not read within the 48 hours that Telegram keeps it"}
	if vanished {
		g.To, g.Reason = now, "the admin log did not go back to the last entry that was read"
	}
	if r.BelowDate != 0 {
		g.To = min(g.To, r.BelowDate)
	}
	return &g
}
