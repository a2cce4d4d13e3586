package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/report"
)

func TestSafe(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"plain", "Ann Lee", "Ann Lee"},
		{"markup is left to the writer", "<b>&amp; *x*", "<b>&amp; *x*"},
		{"escape sequence", "\x1b[31mEve\x1b[0m", "␛[31mEve␛[0m"},
		{"title of the window", "\x1b]0;rm -rf\x07", "␛]0;rm -rf␇"},
		{"c1", "a\u009b31mb", "a\ufffd31mb"},
		{"delete", "a\x7fb", "a␡b"},
		{"lines", "Ann\r\nERROR\tall\u2028gone\u0085", "Ann  ERROR all gone "},
		{"right-to-left override", "\u202etxt.exe\u202c", "txt.exe"},
		{"isolates and marks", "\u2066a\u2069\u200eb\u200f\u061c", "ab"},
		{"zero width", "Ad\u200bm\ufeffin\u2060\u00ad", "Admin"},
		{"joiner between Latin letters", "Ad\u200dmin", "Admin"},
		{"joiners at the ends", "\u200dже\u200c", "же"},
		{"many joiners", "ж\u200d\u200d\u200dе", "же"},
		{"family", "👨\u200d👩\u200d👧 Fam", "👨\u200d👩\u200d👧 Fam"},
		{"rainbow flag", "🏳\ufe0f\u200d🌈", "🏳\ufe0f\u200d🌈"},
		{"persian", "می\u200cخواهم", "می\u200cخواهم"},
		{"devanagari", "क्\u200dष", "क्\u200dष"},
		{"thai", "สมชาย ที่รัก", "สมชาย ที่รัก"},
		{"arabic", "محمد", "محمد"},
		{"stacked marks", "Z" + strings.Repeat("\u0336", 40) + "o", "Z" + strings.Repeat("\u0336", 4) + "o"},
		{"stacked marks with something between", "Z\u0336\u0336\u0336\u200b\u0336\u0336\u0336", "Z\u0336\u0336\u0336\u0336"},
		{"blank names", "\u3164\u2800\u115f", ""},
		{"tags", "a\U000e0041b", "ab"},
		{"not UTF-8", "a\xff\xfeb", "a\ufffd\ufffdb"},
		{"non-character", "a\uffffb", "a\ufffdb"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, report.Safe(c.in), "input %q", c.in)
		})
	}
}

func TestCell(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"plain", "Ann", "Ann"},
		{"formula", "=1+1", "'=1+1"},
		{"plus", "+49", "'+49"},
		{"minus", "-Bob-", "'-Bob-"},
		{"at", "@SUM(A1)", "'@SUM(A1)"},
		{"inside", "a=b", "a=b"},
		{"after a space", "  =1", "  '=1"},
		{"after a tab", "\t=1", " '=1"},
		{"after a carriage return", "\r=1", " '=1"},
		{"after an invisible", "\u200b\u202e=1", "'=1"},
		{"after a wide space", "\u3000=1", " '=1"},
		{"full width", "＝1＋1", "'＝1＋1"},
		{"minus sign", "−1", "'−1"},
		{"call", "|cmd", "'|cmd"},
		{"where Excel splits", "Ann;=1+1; @x;b=c", "Ann;'=1+1; '@x;b=c"},
		{"where Excel splits a quoted cell", `Ann";"=1`, `Ann";"'=1`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, report.Cell(c.in), "input %q", c.in)
		})
	}
}

func TestEscapeJSON(t *testing.T) {
	in := "a\u009b\u202e\u200b\U000e0041\u2028\x7f\x1b é 👨\u200d👩 \xff"
	encoded, err := json.Marshal(in)
	require.NoError(t, err)
	escaped := string(report.EscapeJSON(encoded))
	assert.Contains(t, escaped, `\u009b\u202e\u200b\udb40\udc41\u2028\u007f\u001b é 👨`)
	var back string
	require.NoError(t, json.Unmarshal([]byte(escaped), &back))
	assert.Equal(t, strings.ToValidUTF8(in, "\ufffd"), back)
}

// hostile are the seeds of the fuzz targets.
var hostile = []string{
	"", "Ann", "=HYPERLINK(\"http://x\")", "\x1b[2J", "\u202eabc", "a\r\n=1", "👨\u200d👩\u200d👧", "ж\u200d\u200dе", "\xff\xc0", "\u3164",
	"a;\u200b=1", "Z\u0336\u0336\u0336\u0336\u0336\u200dж", "\"; -x", "\u00a0＝", "me\u200c\u0301\u0301\u0301\u0301\u0301\u200cме", "\ue000\U0010ffff",
}

// FuzzSafe: what is safe is valid, on one line, without control, bidi or invisible characters, and safe already.
func FuzzSafe(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := report.Safe(in)
		requireLegible(t, out)
		require.Equal(t, out, report.Safe(out), "input %q", in)
		requireLegible(t, report.Cell(in))
	})
}

// FuzzEscapeJSON: escaped JSON means the same and shows nothing that Safe would not.
func FuzzEscapeJSON(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		encoded, err := json.Marshal(in)
		require.NoError(t, err)
		escaped := report.EscapeJSON(encoded)
		var want, got string
		require.NoError(t, json.Unmarshal(encoded, &want))
		require.NoError(t, json.Unmarshal(escaped, &got), "escaped %q", escaped)
		require.Equal(t, want, got)
		requireLegible(t, string(escaped))
	})
}

func requireLegible(t *testing.T, out string) {
	t.Helper()
	require.True(t, utf8.ValidString(out), "%q is not UTF-8", out)
	for _, r := range out {
		require.False(t, unicode.IsControl(r), "%q holds the control character %U", out, r)
		require.False(t, unicode.Is(unicode.Bidi_Control, r), "%q holds the bidi control %U", out, r)
		require.False(t, r == '\u2028' || r == '\u2029' || r == '\u200b' || r == '\ufeff', "%q holds %U", out, r)
	}
}
