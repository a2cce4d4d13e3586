package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"rollcall/internal/membership"
	"rollcall/session"
)

func TestEnumerate(t *testing.T) {
	for want, names := range map[string][]string{
		"": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b and c": {"a", "b", "c"}, "a, b, c and 2 more": {"a", "b", "c", "d", "e"},
	} {
		assert.Equal(t, want, enumerate(names))
	}
}

// A login says where the bot stands, and says so where nobody could be asked.
func TestLoginSaysWhereTheBotStands(t *testing.T) {
	readers := membership.Group{ID: 1, Title: "Readers"}
	cyclists := membership.Group{ID: 2, Title: "Cyclists \x1b[2J"}
	evening := membership.Group{ID: 3, Title: "Evening", Kind: membership.BasicGroup}
	admin := map[membership.GroupID]membership.Rights{1: {Admin: true}}
	const chosen, none = "@readers", ""
	for _, c := range []struct {
		name, group string
		places      places
		want        []string
	}{
		{"is an administrator", chosen, places{groups: []membership.Group{readers}, rights: admin}, []string{
			`the bot is an administrator of "Readers": it hears of every join and leave there.`,
			`Next: "rollcall sync" reads the group.`,
		}},
		{"is one of one of several", none, places{groups: []membership.Group{readers, cyclists}, rights: admin}, []string{
			`the bot is an administrator of "Readers": it hears of every join and leave there.`,
			`Next: "rollcall groups" lists the groups; set "group" in the configuration to the one whose members count.`,
		}},
		{"is none of any", none, places{groups: []membership.Group{readers, cyclists}}, []string{
			`the bot is not yet an administrator of "Readers" and "Cyclists ␛[2J", and so hears of no join and no leave.`,
			`To change that, in the Telegram app: the group > Edit > Administrators > Add Admin > the bot.`,
			`Next: "rollcall groups" lists the groups; set "group" in the configuration to the one whose members count.`,
		}},
		{"a basic group", chosen, places{groups: []membership.Group{evening}}, []string{
			`the bot is not yet an administrator of "Evening", and so hears of no join and no leave.`,
			`To change that, in the Telegram app: the group > Edit > Administrators > Add Admin > the bot.`,
			`Next: "rollcall sync" reads the group.`,
		}},
		{"no group at all", none, places{}, []string{
			`The owner's account administers no group yet, and Rollcall works on no other.`,
			`Next: "rollcall groups" lists the groups; set "group" in the configuration to the one whose members count.`,
		}},
		{"no bot", chosen, places{err: fmt.Errorf("the bot: %w", session.ErrNotSignedIn)}, []string{
			`Whether the bot is an administrator of the group is not known yet: the bot: not signed in.`,
			`Next: "rollcall login" signs in the other account, and asks again.`,
		}},
		{"no network", chosen, places{groups: []membership.Group{readers}, err: fmt.Errorf("the bot: %w", session.ErrUnreachable)}, []string{
			`Whether the bot is an administrator of the group is not known yet: the bot: server unreachable.`,
			`Next: "rollcall groups" asks again.`,
		}},
		{"not the owner's group", chosen, places{err: fail(exitPermission, "choose another", "not yours")}, []string{
			`Whether the bot is an administrator of the group is not known yet: not yours.`,
			`Hint: choose another.`,
		}},
		{"anything else", chosen, places{err: errors.New("broken")}, []string{
			`Whether the bot is an administrator of the group is not known yet: broken.`,
			`Next: "rollcall groups" asks again.`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got bytes.Buffer
			c.places.bot = "the bot"
			a := &app{stderr: screen{w: &got}}
			a.printPlaces(Config{Group: c.group}, c.places)
			assert.Equal(t, strings.Join(c.want, "\n")+"\n", got.String())
		})
	}
}

// The walk's own pages tell whether the bot is an administrator, if all pages of that list were seen.
func TestBotIsSeenAmongTheAdministrators(t *testing.T) {
	const theBot = membership.UserID(7)
	row := func(user membership.UserID, role membership.Role) membership.Row {
		return membership.Row{Sighting: membership.Sighting{User: user, State: membership.State{Presence: membership.In, Role: role}}}
	}
	page := func(l membership.List, offset int, rows ...membership.Row) membership.Page {
		return membership.Page{Query: membership.Query{List: l, Offset: offset}, Rows: rows}
	}
	creator, admin, member := row(1, membership.Creator), row(theBot, membership.Administrator), row(theBot, membership.Member)
	const recent, admins = membership.ListRecent, membership.ListAdmins
	for _, c := range []struct {
		name         string
		pages        []membership.Page
		read         bool // the list of administrators, to its end
		whole, admin bool
		basic        bool
	}{
		{"nothing read", nil, false, false, false, false},
		{"on the list", []membership.Page{page(recent, 0, member), page(admins, 0, creator, admin)}, true, true, true, false},
		{"not on it", []membership.Page{page(recent, 0, member), page(admins, 0, creator)}, true, true, false, false},
		{"on the second page", []membership.Page{page(admins, 0, creator), page(admins, 1, admin)}, true, true, true, false},
		{"first page alone", []membership.Page{page(admins, 0, creator)}, false, false, false, false},
		{"resumed in the midst", []membership.Page{page(admins, 1, creator)}, true, false, false, false},
		{"resumed behind it", []membership.Page{page(membership.ListBots, 0, member)}, true, false, false, false},
		{"a basic group's only list", []membership.Page{page(recent, 0, creator, admin)}, true, true, true, true},
		{"a basic group's, without it", []membership.Page{page(recent, 0, creator, member)}, true, true, false, true},
		{"a basic group that was not read", nil, false, false, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := botWatch{id: theBot, basic: c.basic}
			var cp membership.Checkpoint
			if c.read {
				cp.Full = []membership.List{recent, admins}
			}
			for _, p := range c.pages {
				b.see(p)
			}
			b.reached(cp)
			assert.Equal(t, c.whole, b.whole, "whole")
			assert.Equal(t, c.admin, b.admin, "admin")
		})
	}
}
