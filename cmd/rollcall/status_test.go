package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rollcall/internal/membership"
)

// What an account is in the group is told as far as it is known, and what is missing with the way to it.
func TestWhatTheAccountsAreInTheGroup(t *testing.T) {
	yes, no := true, false
	for name, c := range map[string]struct {
		rights rightsStatus
		want   []string
	}{
		"nothing is known": {rightsStatus{Bot: botRights{SignedIn: true}}, []string{
			"owner       not known to be an administrator of the group", "bot         not known to be an administrator of the group", "Add Admin > your bot.",
		}},
		"both may": {rightsStatus{Owner: membership.Rights{Admin: true}, OwnerIn: &yes, Bot: botRights{Admin: &yes, In: &yes}}, []string{
			"owner       administrator of the group", "bot         administrator of the group",
		}},
		"both were demoted": {rightsStatus{OwnerIn: &yes, Bot: botRights{SignedIn: true, Admin: &no, In: &yes}}, []string{
			"owner       not an administrator of the group", "bot         not an administrator of the group", "Add Admin > your account.", "Add Admin > your bot.",
		}},
		"both were removed": {rightsStatus{OwnerIn: &no, Bot: botRights{SignedIn: true, Admin: &no, In: &no}}, []string{
			"owner       not in the group", "bot         not in the group", "Add Admin > your account.", "Add Admin > your bot.",
		}},
		"no bot": {rightsStatus{Owner: membership.Rights{Admin: true}, OwnerIn: &yes}, []string{"owner       administrator of the group", "bot         not signed in;"}},
	} {
		var out bytes.Buffer
		a := &app{stdout: screen{w: &out, now: time.Now}, stderr: screen{w: &out, now: time.Now}}
		a.printRights(c.rights)
		assert.Equal(t, len(c.want), bytes.Count(out.Bytes(), []byte("\n")), name)
		for _, want := range c.want {
			assert.Contains(t, out.String(), want, name)
		}
	}
}
