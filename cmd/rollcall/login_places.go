package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/supergroup"
	"rollcall/session"
)

// placesPatience is how long a login goes on asking where the bot is an administrator. The login itself is done by then, and a lost
// connection would be waited for without end.
const placesPatience = time.Minute

// places is where the bot of a fresh login stands: in the group that is configured, else in all that the owner administers.
type places struct {
	groups []membership.Group // those that the owner administers
	rights map[membership.GroupID]membership.Rights
	bot    string // its @name, or "the bot"
	err    error  // why that is not known
}

// botPlaces asks. Whatever is in its way is no failure of the login: it is said, and "rollcall groups" asks again.
func (a *app) botPlaces(ctx context.Context, cfg Config, cred credentials) places {
	ctx, cancel := context.WithTimeout(ctx, placesPatience)
	defer cancel()
	p := places{bot: "the bot"}
	self, ok := session.Known(cfg.SessionDir(), session.Bot)
	if !ok {
		p.err = fmt.Errorf("the bot: %w", session.ErrNotSignedIn)
		return p
	}
	if self.Username != "" {
		p.bot = "@" + self.Username
	}
	groups, err := a.ownGroups(ctx, cfg, cred)
	if err != nil {
		p.err = unasked("the owner's account", err)
		return p
	}
	for _, g := range groups {
		if g.Admin {
			p.groups = append(p.groups, g)
		}
	}
	if len(p.groups) == 0 {
		return p
	}
	p.rights = map[membership.GroupID]membership.Rights{}
	err = withAccount(ctx, cfg, cred, session.Bot, func(ctx context.Context, api *tg.Client) error {
		return askRights(ctx, api, self, p.groups, p.rights)
	})
	if typed[*session.HeldError](err) {
		p.rights, err = besideRun(ctx, cfg, askBotRights, p.groups)
	}
	if err != nil {
		p.err = unasked("the bot", err)
	}
	return p
}

// besideRun has an errand done by the run that holds an account.
func besideRun[Q, A any](ctx context.Context, cfg Config, e errand[Q, A], q Q) (answer A, err error) {
	path, err := socketPath(cfg.RosterPath())
	if err != nil {
		return answer, err
	}
	return answer, askHolder(ctx, path, e.name, q, &answer)
}

// askOwnGroups has the run that holds the owner's account say what ownGroups asks for.
var askOwnGroups = newErrand("own-groups", func(ctx context.Context, d desk, q groupQuestion) ([]membership.Group, error) {
	owner, _, err := d.connected(ctx)
	if err != nil {
		return nil, err
	}
	if q.Group == "" {
		return supergroup.List(ctx, owner.api)
	}
	return []membership.Group{owner.about}, nil
})

// askBotRights has the run that holds the bot ask for its rights.
var askBotRights = newErrand("bot-rights", func(ctx context.Context, d desk, groups []membership.Group) (map[membership.GroupID]membership.Rights, error) {
	self, ok := session.Known(d.cfg.SessionDir(), session.Bot)
	if !ok || d.live == nil {
		return nil, errBotAway
	}
	_, theBot := d.live.accounts()
	for waited := time.Duration(0); theBot == nil && waited < botPatience; waited += ownerStep { // it is held by the run, and so being connected
		if err := pause(ctx, ownerStep); err != nil {
			return nil, err
		}
		_, theBot = d.live.accounts()
	}
	if theBot == nil {
		return nil, errBotAway
	}
	all := map[membership.GroupID]membership.Rights{}
	return all, askRights(ctx, theBot.api, self, groups, all)
})

// botPatience is how long it is waited for a bot that the run is just taking up.
const botPatience = 10 * time.Second

// unasked is why an account could not be asked.
func unasked(account string, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: no answer within %s", account, span(placesPatience))
	}
	return fmt.Errorf("%s: %w", account, err)
}

// ownGroups is the configured group alone, which takes one call, else all that the owner's account is in.
func (a *app) ownGroups(ctx context.Context, cfg Config, cred credentials) (groups []membership.Group, err error) {
	err = withAccount(ctx, cfg, cred, session.Owner, func(ctx context.Context, api *tg.Client) error {
		if cfg.Group == "" {
			groups, err = supergroup.List(ctx, api)
			return err
		}
		g, err := administered(ctx, api, cfg)
		if to, moved := became(err); moved {
			cfg.Group = formatID(membership.Group{ID: to, Kind: membership.Supergroup}.Marked())
			g, err = administered(ctx, api, cfg)
		}
		groups = []membership.Group{g}
		return err
	})
	if typed[*session.HeldError](err) {
		return besideRun(ctx, cfg, askOwnGroups, groupQuestion{Group: cfg.Group})
	}
	return groups, err
}

// printPlaces says where the bot is an administrator and, where that is missing, how to give it.
func (a *app) printPlaces(cfg Config, p places) {
	var has, lacks []string
	for _, g := range p.groups {
		if p.rights[g.ID].Admin {
			has = append(has, quoted(g))
		} else {
			lacks = append(lacks, quoted(g))
		}
	}
	next := `Next: "rollcall sync" reads the group.`
	if cfg.Group == "" {
		next = `Next: "rollcall groups" lists the groups; set "group" in the configuration to the one whose members count.`
	}
	switch {
	case p.err != nil:
		a.stderr.line("Whether the bot is an administrator of the group is not known yet: %s.", p.err)
		next = nextAfter(p.err)
	case len(has) > 0:
		a.stderr.line("%s is an administrator of %s: it hears of every join and leave there.", p.bot, enumerate(has))
	case len(lacks) > 0:
		a.stderr.line("%s is not yet an administrator of %s, and so hears of no join and no leave.", p.bot, enumerate(lacks))
		a.stderr.line("To change that, %s.", pathToAdmin(p.bot))
	default:
		a.stderr.line("The owner's account administers no group yet, and Rollcall works on no other.")
	}
	a.stderr.line("%s", next)
}

// nextAfter is what makes known what err kept unknown.
func nextAfter(err error) string {
	if errors.Is(err, session.ErrNotSignedIn) {
		return `Next: "rollcall login" signs in the other account, and asks again.`
	}
	switch judged := judge(err); judged.code {
	case exitPermission, exitNotFound, exitConfig: // the group is not one that anything can be done with
		return "Hint: " + judged.hint + "."
	default:
		return `Next: "rollcall groups" asks again.`
	}
}

// quoted is a title as it stands in a sentence; the screen makes it safe.
func quoted(g membership.Group) string { return `"` + g.Title + `"` }

// namedGroups is how many groups a sentence names before it counts the rest.
const namedGroups = 3

// enumerate is "a", "a and b", "a, b and c", or "a, b, c and 4 more".
func enumerate(names []string) string {
	if more := len(names) - namedGroups; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:namedGroups], ", "), more)
	}
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
