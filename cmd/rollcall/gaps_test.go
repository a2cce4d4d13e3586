package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// lose puts the loss of the hour before the last on record, as a run does when Telegram says that it has forgotten.
func lose() int {
	ctx := context.Background()
	r, err := roster.Open(os.Args[1], roster.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	groups, err := r.Groups(ctx)
	for _, g := range groups {
		now := membership.At(time.Now())
		gap := membership.Gap{Source: membership.GapFeed, From: now.Add(-2 * time.Hour), To: now.Add(-time.Hour), Reason: "Telegram has forgotten it"}
		if os.Args[2] == membership.GapAdminLog.String() {
			gap.Source = membership.GapAdminLog
		}
		if _, err = r.Ingest(ctx, membership.Batch{Group: g.ID, Gap: &gap}); err != nil {
			break
		}
	}
	if err == nil {
		err = r.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
