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

// SaveLogins returns who is logged in with which key, in an order of its own, for LoadLogins of a later run. Logins that are
// under way are not kept: their clients begin anew.
func (s *Server) SaveLogins() ([]byte, error) {
	s.logins.mu.RLock()
	defer s.logins.mu.RUnlock()
	kept := []keptLogin{}
	for key, as := range s.logins.byKey {
		one := keptLogin{
			Key: hex.EncodeToString(key[:]), Account: as.account, Bot: as.bot, DC: as.dc, Ended: as.ended, Hash: as.hash,
			Made: as.made.Unix(),
		}
		if as.from != (mtproto.KeyID{}) {
			one.From = hex.EncodeToString(as.from[:])
		}
		kept = append(kept, one)
	}
	slices.SortFunc(kept, func(a, b keptLogin) int { return cmp.Compare(a.Key, b.Key) })
	return json.Marshal(kept)
}

// LoadLogins logs in what SaveLogins returned. It is for a server that serves nobody yet.
func (s *Server) LoadLogins(data []byte) error {
	var kept []keptLogin
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&kept); err != nil {
		return fmt.Errorf("decode logins: %w", err)
	}
	for _, one := range kept {
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
