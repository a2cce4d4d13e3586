package gatekeeper

import (
	"time"

	"rollcall/internal/membership"
)

// Settings are what may be changed while a keeper works.
type Settings struct {
	Policy     membership.Policy // the stored enforce flag overrides Policy.Enforce
	Level      membership.Level  // of scheduled walks; 0 is membership.Normal
	AuditCalls int               // how many calls an audit makes; 0 is 100
	TailEvery  time.Duration     // admin log; 0 is 60 s
	WalkEvery  time.Duration     // participants; 0 is 24 h
}

func (s Settings) withDefaults() *Settings {
	if s.Level == 0 {
		s.Level = membership.Normal
	}
	if s.AuditCalls == 0 {
		s.AuditCalls = 100
	}
	if s.TailEvery <= 0 {
		s.TailEvery = time.Minute
	}
	if s.WalkEvery <= 0 {
		s.WalkEvery = 24 * time.Hour
	}
	return &s
}

// Adjust changes the settings. What is under way ends as it began; whatever is decided or scheduled from now on goes by the new ones.
func (k *Keeper) Adjust(s Settings) {
	k.set.Store(s.withDefaults())
	wake(k.tailWanted) // its next turn may be due earlier than it was
}

func (k *Keeper) settings() Settings { return *k.set.Load() }
