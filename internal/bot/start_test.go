package bot

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// In the package itself: what a person types has no other door that is as small.

var valid = regexp.MustCompile(`^[A-Za-z0-9_-]{0,64}$`)

func TestParseStart(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, c := range []struct {
		text, payload string
		ok            bool
	}{
		{"/start", "", true},
		{"/start ", "", true},
		{" /start\n", "", true},
		{"/START Vip", "Vip", true},
		{"/start vip", "vip", true},
		{"/start  vip", "vip", true},
		{"/start@Rollcall_Bot vip", "vip", true},
		{"/start@rollcall_bot", "", true},
		{"/start@another_bot vip", "", false},
		{"/start@", "", false},
		{"/start vip two", "", true},
		{"/start " + long, long, true},
		{"/start " + long + "a", "", true},
		{"/start a=b", "", true},
		{"/start \x00", "", true},
		{"/startvip", "", false},
		{"/stop", "", false},
		{"start", "", false},
		{"say /start vip", "", false},
		{"", "", false},
	} {
		payload, ok := parseStart(c.text, "rollcall_bot")
		require.Equal(t, c.ok, ok, "%q", c.text)
		require.Equal(t, c.payload, payload, "%q", c.text)
	}
}

func TestDataOfAButtonComesBack(t *testing.T) {
	for _, payload := range []string{"", "vip", strings.Repeat("a", 58)} {
		data, back := parseData(dataFor(payload))
		require.True(t, isCheck(data))
		require.Equal(t, payload, back)
	}
	require.Equal(t, "check", string(dataFor(strings.Repeat("a", 59))), "a button holds 64 bytes")
	require.Equal(t, "check", string(dataFor("no payload")))
}

func FuzzParseStart(f *testing.F) {
	for _, s := range []string{"/start", "/start vip", "/start@rollcall_bot x", "/start a b", "/start \xff", "/\u017ftart x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		payload, ok := parseStart(text, "rollcall_bot")
		if !valid.MatchString(payload) || (!ok && payload != "") {
			t.Fatalf("%q gives %q, %v", text, payload, ok)
		}
		if payload != "" && !strings.Contains(text, payload) {
			t.Fatalf("%q gives %q, which nobody wrote", text, payload)
		}
		if again, _ := parseStart("/start "+payload, "rollcall_bot"); again != payload {
			t.Fatalf("%q does not come back", payload)
		}
	})
}

func FuzzParseData(f *testing.F) {
	for _, s := range []string{"check", "check:vip", "check:", "check:a b", "menu", "\xff", strings.Repeat("a", 65)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text, payload := parseData(data)
		if !valid.MatchString(payload) {
			t.Fatalf("%q gives %q", data, payload)
		}
		if text != "" && text != string(data) || len(text) > maxData {
			t.Fatalf("%q becomes %q", data, text)
		}
		if payload != "" {
			if _, back := parseData(dataFor(payload)); back != payload {
				t.Fatalf("%q does not come back", payload)
			}
		}
	})
}
