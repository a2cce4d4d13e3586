package rpc

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// keptLogin is a login as it outlives a run. When it was used last does not: it would have to be written at every call.
type keptLogin struct {
	Key     string       `json:"key"`
	Account world.UserID `json:"account"`
	Bot     bool         `json:"bot,omitempty"`
	DC      int          `json:"dc"`
	Ended   Ending       `json:"ended,omitempty"`
	Hash    int64        `json:"hash"`
	Made    int64        `json:"made"` // Unix time
	From    string       `json:"from,omitempty"`
}

// kept is what outlives a run.
type kept struct {
	Logins []keptLogin          `json:"logins"`
	Homes  map[world.UserID]int `json:"homes,omitempty"` // the DCs of accounts that were moved
	// Newcomers are accounts that the seed does not make.
	Newcomers []world.Newcomer `json:"newcomers,omitempty"`
}

// SaveLogins returns who is logged in with which key, in an order of its own, which accounts were moved and which have
// signed up, for LoadLogins of a later run. Logins that are under way are not kept: their clients begin anew.
func (s *Server) SaveLogins() ([]byte, error) {
	out := kept{Logins: []keptLogin{}, Homes: s.homes.all(), Newcomers: s.cfg.World.Newcomers()}
	s.logins.mu.RLock()
	defer s.logins.mu.RUnlock()
	for key, as := range s.logins.byKey {
		one := keptLogin{
			Key: hex.EncodeToString(key[:]), Account: as.account, Bot: as.bot, DC: as.dc, Ended: as.ended, Hash: as.hash,
			Made: as.made.Unix(),
		}
		if as.from != (mtproto.KeyID{}) {
			one.From = hex.EncodeToString(as.from[:])
		}
		out.Logins = append(out.Logins, one)
	}
	slices.SortFunc(out.Logins, func(a, b keptLogin) int { return cmp.Compare(a.Key, b.Key) })
	return json.Marshal(out)
}

// LoadLogins logs in what SaveLogins returned. It is for a server that serves nobody yet.
func (s *Server) LoadLogins(data []byte) error {
	var in kept
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return fmt.Errorf("decode logins: %w", err)
	}
	for _, one := range in.Newcomers {
		s.cfg.World.Welcome(one)
	}
	for account, dc := range in.Homes {
		if err := s.Move(account, dc); err != nil {
			return fmt.Errorf("decode logins: %w; it takes the DCs of the run before", err)
		}
	}
	for _, one := range in.Logins {
		key, err := keptKey(one.Key)
		if err != nil {
			return err
		}
		as := login{
			account: one.Account, bot: one.Bot, dc: one.DC, ended: one.Ended, hash: one.Hash, made: time.Unix(one.Made, 0),
		}
		if one.From != "" {
			if as.from, err = keptKey(one.From); err != nil {
				return err
			}
		}
		s.logins.set(key, as)
		if !as.bot {
			// Who was enlisted is again. A refusal is that the person is not in this world, and its key will be told so.
			_, _, _ = s.cfg.World.Enlist(as.account)
		}
	}
	return nil
}

func keptKey(text string) (mtproto.KeyID, error) {
	id, err := hex.DecodeString(text)
	if err != nil || len(id) != len(mtproto.KeyID{}) {
		return mtproto.KeyID{}, fmt.Errorf("decode logins: %q is no auth key's id", text)
	}
	return mtproto.KeyID(id), nil
}
