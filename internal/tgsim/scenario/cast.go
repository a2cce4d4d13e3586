package scenario

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"rollcall/internal/tgsim/world"
)

// who is somebody of a scenario: a role, with a number where there are several, a username or an id.
type who struct {
	role   string // owner, bot, member, admin, stranger, or empty
	number int    // from 1
	name   string
	id     world.UserID
}

// maxNumber bounds the numbers of roles.
const maxNumber = 200_000

func parseWho(text string) (who, error) {
	if text == "" {
		return who{}, errNobody
	}
	if strings.HasPrefix(text, "@") {
		name, err := readUsername(text)
		return who{name: name}, err
	}
	if text == "owner" || text == "bot" {
		return who{role: text}, nil
	}
	role, number, _ := strings.Cut(text, "#")
	n, err := strconv.Atoi(number)
	switch role {
	case "member", "admin", "stranger":
		if err != nil || n < 1 || n > maxNumber || strconv.Itoa(n) != number {
			return who{}, fmt.Errorf("%q needs a number from 1 to %d after #", text, maxNumber)
		}
		return who{role: role, number: n}, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return who{}, fmt.Errorf("%q is not owner, bot, an id, @username, member#N, admin#N or stranger#N", text)
	}
	return who{id: world.UserID(id)}, nil
}

// String is what parseWho reads.
func (w who) String() string {
	switch {
	case w.number > 0:
		return fmt.Sprintf("%s#%d", w.role, w.number)
	case w.role != "":
		return w.role
	case w.name != "":
		return "@" + w.name
	}
	return strconv.FormatInt(int64(w.id), 10)
}

// cast knows who the people of a scenario are.
type cast struct {
	world                    *world.World
	members, admins, unheard []world.UserID // in an order drawn from the seed; unheard are the strangers
}

// newCast draws the people.
func newCast(w *world.World, seed uint64) (*cast, error) {
	facts, err := w.Truth("")
	if err != nil {
		return nil, fmt.Errorf("cast the members: %w", err)
	}
	c := &cast{world: w}
	for _, f := range facts {
		switch {
		case !f.In || f.Bot || f.Deleted || f.ID == w.Owner():
		case f.Status == "member":
			c.members = append(c.members, f.ID)
		case f.Status == "administrator":
			c.admins = append(c.admins, f.ID)
		}
	}
	rng := rand.New(rand.NewPCG(seed, 0x63617374))
	for _, list := range [][]world.UserID{c.members, c.admins} {
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	return c, nil
}

// somebody returns who it is, and refuses ids that nobody has.
func (c *cast) somebody(w who) (world.UserID, error) {
	id, err := c.find(w)
	if err == nil && c.world.User(c.world.Owner(), id) == nil {
		err = fmt.Errorf("nobody has the id %d", id)
	}
	return id, err
}

// find returns who it is. Strangers are made when they are first needed, with those before them.
func (c *cast) find(w who) (world.UserID, error) {
	list := c.members
	switch w.role {
	case "":
		return c.named(w)
	case "owner":
		return c.world.Owner(), nil
	case "bot":
		return c.world.Bot(), nil
	case "admin":
		list = c.admins
	case "stranger":
		for len(c.unheard) < w.number {
			id, _ := c.world.Stranger()
			c.unheard = append(c.unheard, id)
		}
		list = c.unheard
	}
	if w.number > len(list) {
		return 0, fmt.Errorf("%s: there are %d", w, len(list))
	}
	return list[w.number-1], nil
}

func (c *cast) named(w who) (world.UserID, error) {
	if w.name == "" {
		return w.id, nil
	}
	found, err := c.world.ResolveUsername(c.world.Owner(), w.name)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", w, err)
	}
	if len(found.Users) == 0 {
		return 0, fmt.Errorf("%s is no person", w)
	}
	return world.UserID(found.Users[0].GetID()), nil
}
