package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"rollcall/internal/membership"
)

func TestChangesBetweenTwoMoments(t *testing.T) {
	known := func(s membership.Standing) membership.Placement {
		return membership.Placement{Standing: s, Known: true}
	}
	in := func(r membership.Role) membership.Placement {
		return known(membership.Standing{Presence: membership.In, Role: r})
	}
	out := func(d membership.Departure) membership.Placement {
		return known(membership.Standing{Presence: membership.Out, Departure: d})
	}
	promoted := in(membership.Administrator)
	promoted.Standing.Evidence = membership.Evidence{Source: membership.SourceAdminLog, Ref: 1}
	var nobody membership.Placement
	unclear := known(membership.Standing{})
	for _, c := range []struct {
		name    string
		was, is membership.Placement
		want    changeWord
	}{
		{"nothing", in(membership.Member), in(membership.Member), ""},
		{"never there", nobody, nobody, ""},
		{"not there yet", nobody, membership.Placement{}, ""},
		{"a first join", nobody, in(membership.Member), changeJoined},
		{"a return", out(membership.Left), in(membership.Member), changeJoined},
		{"first shown by a list", unclear, in(membership.Member), changeFound},
		{"a promotion", in(membership.Member), in(membership.Administrator), changeRole},
		{"a role that was not known", in(membership.NoRole), in(membership.Administrator), ""},
		{"a promotion of somebody whose role was not kept", in(membership.NoRole), promoted, changeRole},
		{"a role that is not known any more", in(membership.Administrator), in(membership.NoRole), ""},
		{"a leave", in(membership.Member), out(membership.Left), changeLeft},
		{"a leave of unknown beginning", unclear, out(membership.Left), changeLeft},
		{"a kick", in(membership.Member), out(membership.Kicked), changeKicked},
		{"a ban", in(membership.Member), out(membership.Banned), changeBanned},
		{"a ban of somebody new", nobody, out(membership.Banned), changeBanned},
		{"a ban of somebody gone", out(membership.Left), out(membership.Banned), changeBanned},
		{"a ban lifted", out(membership.Banned), out(membership.Left), changeFreed},
		{"came and went", nobody, out(membership.Left), ""},
		{"left or not", in(membership.Member), unclear, changeUnclear},
		{"an outsider who was looked up", nobody, out(membership.NoDeparture), ""},
	} {
		assert.Equal(t, c.want, changeOf(c.was, c.is), c.name)
	}
}
