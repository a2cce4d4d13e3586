package world

import "github.com/gotd/td/tg"

// What people do in basic groups without a client that would be answered: their own clients are told instead.

// Let is AddChatUser as an act.
func (w *World) Let(by UserID, id ChatID, u UserID) error {
	return w.act(by, func() (*tg.Updates, error) { return w.addChatUser(by, id, u) })
}

// PutOut is DeleteChatUser as an act.
func (w *World) PutOut(by UserID, id ChatID, u UserID) error {
	return w.act(by, func() (*tg.Updates, error) { return w.deleteChatUser(by, id, u) })
}

// Retitle is EditChatTitle as an act.
func (w *World) Retitle(by UserID, id ChatID, title string) error {
	return w.act(by, func() (*tg.Updates, error) { return w.editChatTitle(by, id, title) })
}

func (w *World) act(by UserID, do func() (*tg.Updates, error)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	updates, err := do()
	if err == nil {
		w.carry(by, updates)
	}
	return err
}
