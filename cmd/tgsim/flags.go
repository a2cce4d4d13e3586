package main

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/clock"
	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/people"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

const (
	// maxMembers is what a supergroup can hold.
	maxMembers = 200_000
	// maxTitle is how long a group's title can be.
	maxTitle = 128
	// maxDCs is how many data centers Telegram has.
	maxDCs = 5
)

// worldFlags are what the commands that make a world were told.
type worldFlags struct {
	tgsim.Options
	verbose, quiet, unlimited bool
	budgets, search, lists    string
	messages, joins, logins   string
	faults, groups            []string
	start                     string
}

func (f *worldFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.Listen, "listen", "127.0.0.1:0", "address for MTProto; port 0 takes a free one")
	flags.IntVar(&f.Members, "members", 1200, "size of the group")
	flags.Uint64Var(&f.Seed, "seed", 1, "the same seed makes the same people, ids and secrets")
	flags.StringVar(&f.Ready, "ready", "", "file to write, once serving, with how to connect and log in")
	flags.StringVar(&f.State, "state", "", "directory that keeps keys, logins and ports for the next run")
	flags.BoolVar(&f.NoPassword, "no-password", false, "leave out the owner's two-step verification")
	flags.IntVar(&f.DCs, "dcs", 1, "data centers, each on a port of its own")
	flags.TextVar(&f.Profile, "profile", people.International, "whom the group draws, a `NAME`: intl, ru, fa or zh")
	flags.StringArrayVar(&f.groups, "group", nil,
		"another `GROUP` of the owner: \"TITLE,members=N,username=NAME,linked=NAME\" and basic, channel, hidden, bot")
	flags.BoolVar(&f.Hidden, "hidden", false, "hide the group's members from who is no admin")
	flags.DurationVar(&f.Chatter, "chatter", 0, "mean time between two messages in the group; 0 is silence")
	flags.IntVar(&f.Churn, "churn", 0, "somebody comes, goes or writes at every N-th page of members; 0 is never")
	flags.IntVar(&f.SearchCap, "search-cap", 10_000, "rows that a search can reach; some sources say 200")
	flags.StringVar(&f.search, "search", "", "how names are searched, with commas: "+
		"transliterate, split-usernames, no-usernames, inner, keep-marks, fold-fancy, order=joining or shuffled")
	flags.StringVar(&f.lists, "lists", "", "how lists deceive, with commas: cap=N, slack=N, counts=cut or absent, count-noise=N, "+
		"count-deleted, ghosts=N, short-pages=N, left-is-answer, deleted-unknown, hidden-unknown, own-row, public-na")
	flags.StringVar(&f.messages, "messages", "", "what is kept of messages, with commas: kept=N, retention=N, join-notes=N or never, "+
		"leave-notes=N or never, fresh-silence=TIME or never, timeout=TIME, no-privacy, user-deleted, combined")
	flags.StringVar(&f.joins, "joins", "", "what is open about joins, with commas: "+
		"nameless=N, unfiled, approver-acts, guarded=N, hasty-unban, fresh-admins=TIME, unheard=N, unlogged=N")
	flags.BoolVar(&f.MinUsers, "min-users", false, "name people as min in updates to who does not know them")
	flags.StringVar(&f.logins, "logins", "", "how logins go, with commas: code-life=TIME, token-life=TIME, tries=N, "+
		"tries-life=TIME, fresh-age=TIME or never, takeout-delay=TIME or never, unoccupied, quiet")
	flags.BoolVar(&f.Protocol.SoleUse, "sole-use", false, "kill a key that is used over two connections: AUTH_KEY_DUPLICATED")
	flags.IntVar(&f.Protocol.PackOver, "pack-over", 0, "pack answers of more bytes than this; 0 is none")
	flags.DurationVar(&f.Protocol.SaltLife, "salt-life", 30*time.Minute, "how long a salt is the newest")
	flags.StringVar(&f.budgets, "budgets", "", `calls an account may make, such as "default,messages.sendMessage=30/1"`)
	flags.BoolVar(&f.unlimited, "no-flood-waits", false, "never answer FLOOD_WAIT, for measuring")
	flags.StringArrayVar(&f.faults, "fault", nil, "a `RULE` of what goes wrong, such as \"drop 10% of updateChannelParticipant left to bot\"")
	flags.StringVar(&f.start, "clock", "", "the world's time at first: RFC 3339, or away from now like -49h")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "do not tell what happens")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "say why connections ended")
}

// check reads what is text, and refuses what cannot be.
func (f *worldFlags) check() error {
	if err := f.checkNumbers(); err != nil {
		return usageError{err}
	}
	for _, read := range []func() error{f.readRules, f.readFaults, f.readGroups, f.readClock} {
		if err := read(); err != nil {
			return usageError{err}
		}
	}
	return nil
}

func (f *worldFlags) checkNumbers() error {
	host, _, err := net.SplitHostPort(f.Listen)
	if err != nil {
		return fmt.Errorf("--listen %q is not host:port", f.Listen)
	}
	// Clients are told the address and go there, so it must be one.
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return fmt.Errorf("--listen %q names no address that clients can be sent to", f.Listen)
	}
	switch {
	case f.Members < 2 || f.Members > maxMembers:
		return fmt.Errorf("--members %d is not between 2 and %d", f.Members, maxMembers)
	case f.Hidden && f.Members < 100:
		return errors.New("--hidden needs 100 members or more")
	case f.Chatter < 0:
		return fmt.Errorf("--chatter %s is negative", f.Chatter)
	case f.Churn < 0:
		return fmt.Errorf("--churn %d is negative", f.Churn)
	case f.DCs < 1 || f.DCs > maxDCs:
		return fmt.Errorf("--dcs %d is not between 1 and %d", f.DCs, maxDCs)
	case f.SearchCap < 1 || f.SearchCap > maxMembers:
		return fmt.Errorf("--search-cap %d is not between 1 and %d", f.SearchCap, maxMembers)
	case f.Protocol.PackOver < 0:
		return fmt.Errorf("--pack-over %d is negative", f.Protocol.PackOver)
	case f.Protocol.SaltLife < time.Second:
		return fmt.Errorf("--salt-life %s is less than a second", f.Protocol.SaltLife)
	case f.unlimited && f.budgets != "":
		return errors.New("--no-flood-waits and --budgets exclude each other")
	}
	return nil
}

func (f *worldFlags) readRules() (err error) {
	if f.Search, err = world.ParseSearchRules(f.search); err != nil {
		return fmt.Errorf("--search: %w", err)
	}
	if f.Lists, err = world.ParseListRules(f.lists); err != nil {
		return fmt.Errorf("--lists: %w", err)
	}
	if err := messageRules(&f.Messages).read(f.messages); err != nil {
		return fmt.Errorf("--messages: %w", err)
	}
	if f.Joins, err = world.ParseJoinRules(f.joins); err != nil {
		return fmt.Errorf("--joins: %w", err)
	}
	if err := loginRules(&f.Logins).read(f.logins); err != nil {
		return fmt.Errorf("--logins: %w", err)
	}
	return f.readBudgets()
}

func (f *worldFlags) readBudgets() (err error) {
	switch {
	case f.unlimited:
		f.Budgets = rpc.Unlimited()
	case f.budgets != "":
		if f.Budgets, err = rpc.ParseBudgets(f.budgets); err != nil {
			return fmt.Errorf("--budgets: %w", err)
		}
	}
	return nil
}

func (f *worldFlags) readFaults() error {
	for _, line := range f.faults {
		r, err := fault.Parse(line)
		if err != nil {
			return fmt.Errorf("--fault: %w", err)
		}
		f.Faults = append(f.Faults, r)
	}
	return nil
}

func (f *worldFlags) readClock() error {
	if f.start == "" {
		return nil
	}
	if d, err := time.ParseDuration(f.start); err == nil {
		f.Clock = clock.At(time.Now().Add(d))
		return nil
	}
	t, err := time.Parse(time.RFC3339, f.start)
	// Telegram's dates are seconds in 32 bits.
	if err != nil || t.Year() < 1980 || t.Year() > 2037 {
		return fmt.Errorf("--clock %q is neither a time of 1980 to 2037 like 2026-03-01T12:00:00Z nor like -49h", f.start)
	}
	f.Clock = clock.At(t)
	return nil
}

func (f *worldFlags) readGroups() error {
	known := make(map[string]bool) // usernames
	for i, text := range f.groups {
		g, err := parseGroup(text)
		switch {
		case err != nil:
		case known[g.Username]:
			err = fmt.Errorf("the username %q is taken", g.Username)
		case g.Linked == "-" && i == 0, g.Linked != "" && g.Linked != "-" && !known[g.Linked]:
			err = fmt.Errorf("there is no %q above it to be linked", g.Linked)
		}
		if err != nil {
			return fmt.Errorf("--group %q: %w", text, err)
		}
		if g.Username != "" {
			known[g.Username] = true
		}
		f.Groups = append(f.Groups, g)
	}
	return nil
}

// parseGroup reads a group as its title and what it is like, with commas between.
func parseGroup(text string) (world.GroupOptions, error) {
	title, rest, _ := strings.Cut(text, ",")
	g := world.GroupOptions{Title: strings.TrimSpace(title), Members: 50}
	switch {
	case g.Title == "":
		return g, errors.New("it has no title")
	case !utf8.ValidString(g.Title), utf8.RuneCountInString(g.Title) > maxTitle:
		return g, fmt.Errorf("a title is UTF-8 of at most %d characters", maxTitle)
	}
	for item := range strings.SplitSeq(rest, ",") {
		if err := readGroupItem(&g, strings.TrimSpace(item)); err != nil {
			return g, err
		}
	}
	switch {
	case g.Basic && (g.Broadcast || g.Username != "" || g.Linked != "" || g.Hidden):
		return g, errors.New("a basic group is no channel, has no username, links nothing and hides nobody")
	case g.Basic && g.Members > 200:
		return g, errors.New("a basic group has at most 200 members")
	}
	return g, nil
}

var username = regexp.MustCompile(`^[a-z][a-z0-9_]{3,30}[a-z0-9]$`)

func readGroupItem(g *world.GroupOptions, item string) error {
	name, value, valued := strings.Cut(item, "=")
	flags := map[string]*bool{"basic": &g.Basic, "channel": &g.Broadcast, "hidden": &g.Hidden, "bot": &g.Bot}
	texts := map[string]*string{"username": &g.Username, "linked": &g.Linked}
	switch {
	case item == "":
	case flags[name] != nil && !valued:
		*flags[name] = true
	case name == "linked" && value == "-":
		g.Linked = value
	case texts[name] != nil && valued:
		if value = strings.TrimPrefix(value, "@"); !username.MatchString(value) {
			return fmt.Errorf("%q is no username of 5 to 32 small letters, digits and _", value)
		}
		*texts[name] = value
	case name == "members":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > maxMembers {
			return fmt.Errorf("members must be a number from 1 to %d, not %q", maxMembers, value)
		}
		g.Members = n
	default:
		return fmt.Errorf("%q is not members=N, username=NAME, linked=NAME, basic, channel, hidden or bot", item)
	}
	return nil
}
