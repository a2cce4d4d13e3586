package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/tg"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"rollcall/internal/bot"
	"rollcall/internal/membership"
	"rollcall/internal/report"
	"rollcall/internal/supergroup"
	"rollcall/session"
)

func newGroupsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "groups",
		Short: "List your groups, and whether you and the bot are administrators there",
		Args:  takes(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.groups(cmd.Context()) },
	}
}

// groupRow is what `groups --json` prints of a group.
type groupRow struct {
	ID       membership.GroupID   `json:"id"`
	Kind     membership.GroupKind `json:"kind"`
	Title    string               `json:"title"`
	Username *string              `json:"username"`
	Members  *int                 `json:"members"`
	Creator  bool                 `json:"creator"`
	Admin    bool                 `json:"admin"`
	// BotAdmin is null where the bot could not be asked, or the account does not administer the group.
	BotAdmin *bool `json:"bot_admin"`
}

// groupsAnswer is what the two accounts see. BotSays is why the bot's part is missing, and SignIn that a login mends it; both are empty
// where nothing is.
type groupsAnswer struct {
	Groups  []membership.Group                       `json:"groups"`
	Rights  map[membership.GroupID]membership.Rights `json:"rights"`
	BotSays string                                   `json:"bot_says"`
	SignIn  bool                                     `json:"sign_in"`
}

func (a *app) groups(ctx context.Context) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	path, err := socketPath(cfg.RosterPath())
	if err != nil {
		return err
	}
	var answer groupsAnswer
	err = askHolder(ctx, path, askGroups.name, struct{}{}, &answer)
	if errors.Is(err, errNobodyListens) {
		answer, err = a.lookAround(ctx, cfg)
	}
	if err != nil {
		return err
	}
	if answer.BotSays != "" {
		a.stderr.line("The bot's rights are not known: %s", answer.BotSays)
	}
	rows := groupRows(answer.Groups, answer.Rights)
	return a.print(rows, report.Meta{AsOf: membership.At(a.now())}, func() { a.printGroups(rows, answer.SignIn) })
}

// askGroups has the accounts looked around with by the run that holds them.
var askGroups = newErrand("groups", func(ctx context.Context, d desk, _ struct{}) (groupsAnswer, error) {
	owner, theBot, err := d.connected(ctx)
	if err != nil {
		return groupsAnswer{}, err
	}
	groups, err := supergroup.List(ctx, owner.api)
	if err != nil {
		return groupsAnswer{}, err
	}
	return withRights(groups, func(all map[membership.GroupID]membership.Rights) error {
		self, ok := session.Known(d.cfg.SessionDir(), session.Bot)
		if !ok || theBot == nil {
			return errBotAway
		}
		// A run's bot waits for its lost connection for ever; a command does not.
		ctx, cancel := context.WithTimeoutCause(ctx, placesPatience, fmt.Errorf("the bot got no answer within %s", span(placesPatience)))
		defer cancel()
		return askRights(ctx, theBot.api, self, groups, all)
	}), nil
})

var errBotAway = errors.New("the bot is not connected")

// connected is the owner's account as the run of this process has it. One that is just being taken up, after a login, is waited for.
func (d desk) connected(ctx context.Context) (*ownerLink, *botLink, error) {
	if d.live == nil {
		return nil, nil, fail(exitHeld, "wait until it has ended", "the owner's account is held by a sync")
	}
	owner, theBot := d.live.accounts()
	for waited := time.Duration(0); owner == nil && waited < d.live.ownerPatience(); waited += ownerStep {
		if err := pause(ctx, ownerStep); err != nil {
			return nil, nil, err
		}
		owner, theBot = d.live.accounts()
	}
	if owner == nil {
		if why := d.live.absent(session.Owner); why != nil {
			return nil, nil, fail(exitNotSignedIn, `run "rollcall login --owner"; the run takes the account up by itself`, "the run's owner account is signed out: %w", why)
		}
		return nil, nil, fail(exitUnreachable, "its log says why; \"rollcall status\" shows how fresh the roster is", "the run's owner account is not connected")
	}
	return owner, theBot, nil
}

// ownerStep is how often an errand looks for the owner's account while it waits for it.
const ownerStep = 50 * time.Millisecond

// setEnded remembers the owner's login that ended.
func (l *live) setEnded(login session.Login) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = login
}

// ownerPatience is how long an errand waits for the owner's account. After another login: two looks for it, and a connection. While it is neither
// connected nor signed out: until that is decided, as at the beginning, or when a session has just ended.
func (l *live) ownerPatience() time.Duration {
	l.mu.Lock()
	ended, why := l.ended, l.away[session.Owner]
	l.mu.Unlock()
	is := session.LoginOf(l.desk.cfg.SessionDir(), session.Owner)
	switch {
	case ended != session.Login{} && is != session.Login{} && is != ended:
		return 10 * time.Second
	case why == nil:
		return 2 * time.Second
	}
	return 0
}

func withRights(groups []membership.Group, ask func(map[membership.GroupID]membership.Rights) error) groupsAnswer {
	answer := groupsAnswer{Groups: groups, Rights: map[membership.GroupID]membership.Rights{}}
	if err := ask(answer.Rights); err != nil {
		answer.BotSays, answer.SignIn = err.Error(), judge(err).code == exitNotSignedIn
	}
	return answer
}

// lookAround connects both accounts for it.
func (a *app) lookAround(ctx context.Context, cfg Config) (groupsAnswer, error) {
	cred, err := a.credentials(ctx, cfg)
	if err != nil {
		return groupsAnswer{}, err
	}
	var groups []membership.Group
	err = withAccount(ctx, cfg, cred, session.Owner, func(ctx context.Context, api *tg.Client) error {
		groups, err = supergroup.List(ctx, api)
		return err
	})
	if err != nil {
		return groupsAnswer{}, err
	}
	return withRights(groups, func(all map[membership.GroupID]membership.Rights) error {
		self, ok := session.Known(cfg.SessionDir(), session.Bot)
		if !ok {
			return session.ErrNotSignedIn
		}
		return withAccount(ctx, cfg, cred, session.Bot, func(ctx context.Context, api *tg.Client) error {
			return askRights(ctx, api, self, groups, all)
		})
	}), nil
}

// withAccount runs f with one connected account.
func withAccount(ctx context.Context, cfg Config, cred credentials, kind session.Kind, f func(context.Context, *tg.Client) error) error {
	acc, err := openAccount(cfg, cred, kind, accountOptions{log: zap.NewNop()})
	if err != nil {
		return err
	}
	return errors.Join(acc.Run(ctx, f), acc.Close())
}

// askRights asks the bot what it is in each group that the owner administers.
func askRights(ctx context.Context, api *tg.Client, self session.Self, groups []membership.Group, all map[membership.GroupID]membership.Rights) error {
	for _, g := range groups {
		if !g.Admin {
			continue
		}
		r, err := bot.New(bot.Config{Self: membership.UserID(self.ID), Username: self.Username, Group: g, API: api}).Rights(ctx)
		if _, refused := errors.AsType[*membership.TelegramError](err); refused || typed[*membership.MigratedError](err) {
			r, err = membership.Rights{}, nil
		}
		if err != nil {
			return err
		}
		all[g.ID] = r
	}
	return nil
}

func groupRows(groups []membership.Group, rights map[membership.GroupID]membership.Rights) []groupRow {
	rows := []groupRow{}
	for _, g := range groups {
		row := groupRow{ID: g.ID, Kind: g.Kind, Title: g.Title, Creator: g.Creator, Admin: g.Admin}
		if g.Username != "" {
			row.Username = &g.Username
		}
		if g.Total > 0 {
			row.Members = &g.Total
		}
		if r, ok := rights[g.ID]; ok {
			row.BotAdmin = &r.Admin
		}
		rows = append(rows, row)
	}
	return rows
}

// pathToAdmin is where in the Telegram app a bot becomes an administrator.
func pathToAdmin(bot string) string {
	return "in the Telegram app: the group > Edit > Administrators > Add Admin > " + bot
}

func (a *app) printGroups(rows []groupRow, signIn bool) {
	var cells [][]cell
	missing := false
	for _, r := range rows {
		name, members := "-", "-"
		if r.Username != nil {
			name = "@" + *r.Username
		}
		if r.Members != nil {
			members = formatCount(*r.Members)
		}
		you, theBot := groupRoles(r)
		missing = missing || (r.BotAdmin != nil && !*r.BotAdmin)
		cells = append(cells, []cell{plainCell(r.Title), plainCell(name), plainCell(formatID(int64(r.ID))), plainCell(r.Kind.String()), plainCell(members), you, theBot})
	}
	a.stdout.table([]string{"TITLE", "NAME", "ID", "KIND", "MEMBERS", "YOU", "BOT"}, cells)
	a.stderr.line("")
	a.stderr.line("Rollcall works on groups that you administer: set \"group\" in the configuration, or give --group.")
	if missing {
		a.stderr.line("A bot that is not an administrator hears of no join and no leave. To change that, %s.", pathToAdmin("your bot"))
	}
	if signIn {
		a.stderr.line("Run \"rollcall login --bot\" to sign the bot in.")
	}
}

func groupRoles(r groupRow) (you, theBot cell) {
	switch {
	case r.Creator:
		you = cell{"creator", toneGood}
	case r.Admin:
		you = cell{"administrator", toneGood}
	default:
		you = cell{"member", toneFaint}
	}
	switch {
	case r.BotAdmin == nil:
		theBot = cell{"-", toneFaint}
	case *r.BotAdmin:
		theBot = cell{"administrator", toneGood}
	default:
		theBot = cell{"not an administrator", toneWarn}
	}
	return you, theBot
}
