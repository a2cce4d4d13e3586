package bot

import (
	"sync"

	"github.com/gotd/td/tg"
)

// tongueGeneration is how many people one generation remembers; two are kept.
const tongueGeneration = 4096

// maxTongue bounds a language code that Telegram hands on from a client; the longest in use have about ten characters.
const maxTongue = 16

// tongues remembers the language of the people last heard from. It is memory only: a language is neither membership nor worth
// a place in the store, and everybody who asks brings it along again.
type tongues struct {
	mu       sync.Mutex
	now, old map[int64]string // guarded by mu; old is read only
}

func (t *tongues) learn(users []tg.UserClass) {
	for _, c := range users {
		if u, ok := c.(*tg.User); ok && !u.Bot {
			t.remember(u.ID, u.LangCode)
		}
	}
}

// remember notes a person; an empty code does not overwrite a known one.
func (t *tongues) remember(user int64, code string) {
	if len(code) > maxTongue {
		code = ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if code == "" {
		code = t.find(user)
	}
	if t.now == nil || len(t.now) >= tongueGeneration {
		t.old, t.now = t.now, make(map[int64]string)
	}
	t.now[user] = code
}

func (t *tongues) find(user int64) string {
	if code, ok := t.now[user]; ok {
		return code
	}
	return t.old[user]
}

// of is the person's language code, empty where none is known.
func (t *tongues) of(user int64) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.find(user)
}

// knows says whether the person was heard from lately.
func (t *tongues) knows(user int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, now := t.now[user]
	_, old := t.old[user]
	return now || old
}
