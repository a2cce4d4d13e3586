package bot

import (
	"strings"
	"unicode/utf8"
)

const (
	// maxPayload is how long a start parameter may be (telegram.md §6.4).
	maxPayload = 64
	// maxData is how many bytes a button's data may have.
	maxData = 64

	checkData = "check" // the "check again" button
	checkFor  = checkData + ":"
)

// parseStart reads "/start", "/start PAYLOAD" and "/start@bot PAYLOAD". The payload is valid or empty: anything else behind the
// command is taken for no payload, since people type there too.
func parseStart(text, username string) (payload string, ok bool) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return "", false
	}
	command, addressee, addressed := strings.Cut(fields[0], "@")
	if !strings.EqualFold(command, "/start") || addressed && !strings.EqualFold(addressee, username) {
		return "", false
	}
	if len(fields) != 2 {
		return "", true
	}
	return validPayload(fields[1]), true
}

// validPayload is s, or empty where it is no start parameter.
func validPayload(s string) string {
	if len(s) > maxPayload {
		return ""
	}
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return ""
		}
	}
	return s
}

// parseData reads a button's data, which a client may make up. Data that is no text we could have written is empty.
func parseData(data []byte) (text, payload string) {
	if len(data) > maxData || !utf8.Valid(data) {
		return "", ""
	}
	text = string(data)
	if p, ok := strings.CutPrefix(text, checkFor); ok {
		return text, validPayload(p)
	}
	return text, ""
}

// isCheck says whether a button's data is that of "check again".
func isCheck(data string) bool { return data == checkData || strings.HasPrefix(data, checkFor) }

// dataFor is the data of a "check again" button. A payload too long for a button stays with the subscriber alone.
func dataFor(payload string) []byte {
	payload = validPayload(payload)
	if payload == "" || len(checkFor)+len(payload) > maxData {
		return []byte(checkData)
	}
	return []byte(checkFor + payload)
}
