package world

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gotd/td/tg"

	"rollcall/internal/tgsim/people"
)

const day = 24 * 3600

// part is what somebody plays in the group's population.
type part uint8

const (
	plain part = iota
	deletedAccount
	restrictedInside
	restrictedOnce // the restriction has ended by itself
	adminPart
	anonymousAdmin
	botPart
	newcomer // joined within the admin log's 48 hours
	restrictedGone
	bannedPart
	bannedOnce // the ban has ended by itself
	leftBefore
	leftLately // within the admin log's 48 hours
)

// share is how many play a part: some in a thousand of the members, but at least so many.
type share struct {
	part     part
	perMille int
	least    int
}

// Those inside count as members, those outside come on top.
var (
	insideShares = []share{
		{adminPart, 0, 4},
		{anonymousAdmin, 0, 1},
		{botPart, 0, 3},
		{restrictedInside, 4, 4},
		{restrictedOnce, 1, 1},
		{deletedAccount, 30, 3},
		{newcomer, 5, 4},
	}
	outsideShares = []share{
		{restrictedGone, 3, 3},
		{bannedPart, 10, 5},
		{bannedOnce, 1, 2},
		{leftBefore, 40, 6},
		{leftLately, 2, 3},
	}
)

// smallGroup is the size below which a group has no cast but owner and bot: there is no room.
const smallGroup = 40

// populate makes owner, bot, group and everybody else.
func (w *World) populate() {
	now := w.now()
	w.makeOwner()
	w.makeBot()
	created := now - 5*365*day
	w.group = w.addChannel("Lantern Street Readers", "lantern_street", w.owner, created)
	w.group.about = "A neighborhood that reads. New faces welcome."
	w.group.topDate = now - 300
	w.fillGroup(w.group, now)
	w.makeNeighbours(now)
}

// ownersTestNumbers begin the test numbers, 99966XYYYY, of DC 2, which is where the accounts are unless they are moved.
const ownersTestNumbers = "999662"

func (w *World) makeOwner() {
	w.owner = w.addAccount(people.Person{FirstName: "Mira", LastName: "Okafor", Username: "mira_okafor"}, false).id
	l := login{phone: ownersTestNumbers + fmt.Sprintf("%04d", w.rng.IntN(testNumbers)), code: fmt.Sprintf("%05d", w.rng.IntN(100_000))}
	if !w.opts.NoPassword {
		words := []string{"amber", "birch", "cobalt", "dune", "ember", "fjord", "garnet", "heron"}
		l.password = fmt.Sprintf("%s-%s-%04d", words[w.rng.IntN(8)], words[w.rng.IntN(8)], w.rng.IntN(10_000))
	}
	w.logins[w.owner] = l
}

func (w *World) makeBot() {
	w.bot = w.addAccount(people.Person{FirstName: "Lantern Keeper", Username: "lantern_keeper_bot"}, true).id
	w.logins[w.bot] = login{token: fmt.Sprintf("%d:AA%s", w.bot, w.letters(33))}
}

// letters returns n characters of the base64url alphabet.
func (w *World) letters(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[w.rng.IntN(len(alphabet))])
	}
	return b.String()
}

func (w *World) addChannel(title, username string, creator UserID, created int32) *channel {
	id := ChannelID(1_000_000_000 + w.rng.Int64N(1_500_000_000))
	for w.channels[id] != nil {
		id++
	}
	c := newChannel(id, title, username, creator, created)
	c.invite = "https://t.me/+" + w.letters(16)
	c.lastLog = 1<<40 + w.rng.Int64N(1<<40)
	c.top = 1 + w.rng.IntN(90_000)
	c.pts = 2*c.top + 1
	w.channels[id] = c
	if username != "" {
		w.names[username] = c.peer()
	}
	return c
}

// fillGroup makes the members, least recently active first, so that the order of Recent comes
// by itself; the parts are dealt at random.
func (w *World) fillGroup(c *channel, now int32) {
	parts := w.deal(w.opts.Members - 2)
	history := make([]logEvent, 0, 64)
	age := float64(now - c.created - day)
	for k, p := range parts {
		// Quadratic: half of a group was active lately, its tail years ago.
		quiet := 1 - float64(k+1)/float64(len(parts)+1)
		active := now - int32(age*quiet*quiet) - 60
		joined := c.created + int32(w.rng.Float64()*float64(active-c.created))
		history = append(history, w.play(c, p, joined, active, now)...)
	}
	w.seat(c, w.bot, w.owner, c.created+day, now)
	c.admins[w.bot] = &admin{by: w.owner, date: c.created + day, rights: botRights()}
	w.seat(c, w.owner, 0, c.created, now)
	slices.SortStableFunc(history, func(a, b logEvent) int { return int(a.date) - int(b.date) })
	for _, ev := range history {
		c.append(w, change{kind: ev.kind, actor: ev.actor, prev: ev.prev, next: ev.next}, ev.date)
	}
}

// deal returns everybody's part in random order: inside people inside, and those outside beside them.
func (w *World) deal(inside int) []part {
	parts := make([]part, inside, inside+inside/16+32)
	if inside+2 < smallGroup {
		return parts
	}
	at := 0
	for _, s := range insideShares {
		for range max(s.least, inside*s.perMille/1000) {
			parts[at] = s.part
			at++
		}
	}
	for _, s := range outsideShares {
		for range max(s.least, inside*s.perMille/1000) {
			parts = append(parts, s.part)
		}
	}
	w.rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return parts
}

// seat puts the person inside as if they had joined long ago and been active at a time.
func (w *World) seat(c *channel, u, inviter UserID, joined, active int32) {
	c.enter(w.account(u), inviter, active)
	c.rows[c.index[u]].joined = joined
}

// play makes one person of the population and returns what the admin log still knows of them.
func (w *World) play(c *channel, p part, joined, active, now int32) []logEvent {
	if p == botPart {
		name := people.Person{FirstName: "Helper " + w.letters(3), Username: "helper_" + strings.ToLower(w.letters(5)) + "_bot"}
		name.Username = strings.ReplaceAll(name.Username, "-", "x")
		w.seat(c, w.addAccount(name, true).id, w.owner, joined, active)
		return nil
	}
	if p == plain && joined > now-logLife {
		p = newcomer
	}
	at := float64(joined-c.created) / float64(now-c.created)
	if p == newcomer {
		at = 1
	}
	u := w.addAccount(w.people.Next(at), false).id
	lately := now - 60 - w.rng.Int32N(47*3600)
	switch p {
	case plain:
	case newcomer:
		joined, active = lately, max(active, lately)
	default: // what happened to them is older than the log
		joined, active = min(joined, now-5*day), min(active, now-4*day)
	}
	w.seat(c, u, 0, joined, active)
	switch p {
	case newcomer:
		return []logEvent{{date: joined, kind: logJoin, actor: u, prev: standing{user: u}, next: c.standing(u, now)}}
	case deletedAccount:
		w.markDeleted(w.account(u))
	case adminPart, anonymousAdmin:
		rights := ModeratorRights()
		rights.Anonymous = p == anonymousAdmin
		c.admins[u] = &admin{by: w.owner, date: joined + day, rights: rights}
		if rights.Anonymous {
			c.unlist(c.index[u])
		}
	case restrictedInside:
		c.bans[u] = w.oldBan(active, now, Muted())
	case restrictedOnce:
		c.bans[u] = w.endedBan(active, now, Muted())
	case restrictedGone:
		c.bans[u] = &ban{by: w.owner, date: active, rights: Muted()}
		c.exit(u, active)
	case bannedPart:
		c.bans[u] = w.oldBan(active, now, Banned())
		c.exit(u, active)
	case bannedOnce:
		c.bans[u] = w.endedBan(active, now, Banned())
		c.exit(u, active)
	case leftBefore:
		c.exit(u, active)
	case leftLately:
		prev := c.standing(u, now)
		c.exit(u, lately)
		return []logEvent{{date: lately, kind: logLeave, actor: u, prev: prev, next: c.standing(u, now)}}
	default: // they only have their seat
	}
	return nil
}

// oldBan is a ban of the past that still holds: mostly forever, now and then for some weeks more.
func (w *World) oldBan(date, now int32, rights tg.ChatBannedRights) *ban {
	b := &ban{by: w.owner, date: date, rights: rights}
	if w.rng.IntN(4) == 0 {
		b.until = now + int32(1+w.rng.IntN(60))*day
	}
	return b
}

// endedBan is one that ended by itself in the last days.
func (w *World) endedBan(date, now int32, rights tg.ChatBannedRights) *ban {
	return &ban{by: w.owner, date: date, until: now - int32(1+w.rng.IntN(3))*day, rights: rights}
}
