// The commonest names of each culture, in about the order of their frequency, with the short forms and spellings by which
// people go on Telegram. Written by hand for make.mjs: Faker's lists are in no order. "_" stands for a space.
export const heads = {
  en: {
    women: 'Emma Olivia Kate Sarah Anna Jess Emily Lucy Sophie Alex Katie Sam Liz Jen Mia Ellie Grace Becky Amy Lily Zoe Chloe Maddie',
    men: 'Alex Mike John David Chris James Dan Tom Ben Matt Sam Nick Jack Joe Josh Max Rob Andrew Steve Luke Dave Will Jake Leo Tony Jimmy Bob',
    surnames: '',
  },
  de: {
    women: 'Anna Julia Laura Lisa Lena Sarah Katharina Maria Sabine Petra Claudia Susanne Nina Steffi Leonie Emma Hannah Sophie Jana Nicole Kathrin Kathi Zoë Bärbel Käthe',
    men: 'Michael Thomas Andreas Stefan Stephan Christian Daniel Alexander Alex Markus Marcus Martin Peter Max Jan Tobias Tobi Felix Florian Flo Lukas Paul Jonas Jürgen Uwe Jörg Björn Sebastian Basti Günther Matthias Mathias Ralf Ralph',
    surnames: 'Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Krause Meier Maier Mayer Lehmann Mueller Schmitz Weiß Müller-Lüdenscheidt Özdemir',
  },
  fr: {
    women: 'Marie Camille Léa Manon Chloé Emma Sarah Julie Laura Pauline Sophie Nathalie Isabelle Céline Aurélie Émilie Lucie Mathilde Inès Élise Clara Anne Anaïs Zoé Marie-Claire Élodie Jade Louise Fatima Amélie',
    men: 'Nicolas Thomas Julien Alexandre Maxime Pierre Antoine Kevin Lucas Hugo Jean Michel Philippe David Romain Mathieu Matthieu Guillaume Alex Max Théo Rémi Jérôme François Loïc Mehdi Jean-Pierre Léo Éric Karim Benoît Raphaël Gaël',
    surnames: 'Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre Lefèvre Michel Garcia David Bertrand Roux Vincent Fournier Morel Girard André Mercier Dupont Lambert Bonnet François Martinez Legrand Garnier Faure Rousseau Blanc Guérin Müller Roussel Lévy Béranger',
  },
  es: {
    women: 'María Ana Laura Carmen Lucía Andrea Paula Marta Sofía Valentina Camila Daniela Isabel Cristina Elena Sara Alejandra Ale Gabriela Gaby Fernanda Mariana Natalia Carolina Ana_María Lupita Rosa Patricia Paty Noelia Begoña Ximena Rocío Nuria',
    men: 'José Juan Carlos Luis Antonio David Javier Javi Manuel Miguel Daniel Dani Alejandro Alex Diego Pablo Jorge Sergio Fernando Francisco Pedro Andrés Jesús Álvaro Juan_Carlos José_Luis Raúl Iván Ángel Rubén Óscar Pepe Paco Nacho Iñaki Íñigo Ricardo',
    surnames: 'García González Rodríguez Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Hernández Ruiz Díaz Moreno Muñoz Álvarez Romero Gutiérrez Alonso Torres Ramírez Flores Vargas Castro Ortiz Rojas Reyes Cruz Mendoza Silva Morales Núñez Ibáñez Peña Zúñiga Ávila Garcia Gonzalez Lopez Perez',
  },
  pt: {
    women: 'Maria Ana Juliana Fernanda Camila Bruna Amanda Larissa Letícia Beatriz Bia Mariana Mari Gabriela Gabi Carolina Carol Júlia Jéssica Patrícia Paula Luana Vitória Rafaela Inês Joana Lúcia Débora Ângela',
    men: 'João José Lucas Pedro Gabriel Rafael Felipe Bruno Gustavo Carlos Paulo Marcos Mateus Matheus Luiz Luís Daniel Eduardo Edu Rodrigo Thiago Tiago Leonardo Léo Diego André Vinícius Fábio Antônio António Zé Guilherme Gui Caio Ítalo',
    surnames: 'Silva Santos Oliveira Souza Sousa Lima Pereira Ferreira Costa Rodrigues Almeida Nascimento Alves Carvalho Araújo Ribeiro Fernandes Gomes Martins Rocha Barbosa Dias Monteiro Mendes Freitas Cardoso Teixeira Moreira Vieira Melo Lopes Marques Castro Gonçalves Conceição Assunção da_Silva dos_Santos Magalhães',
  },
  it: {
    women: 'Giulia Martina Chiara Francesca Sara Maria Anna Valentina Elena Federica Alessia Laura Silvia Elisa Sofia Aurora Giorgia Paola Ilaria Roberta Alice Simona Ale Giusy Noemi',
    men: 'Andrea Marco Alessandro Ale Francesco Matteo Lorenzo Luca Davide Giuseppe Peppe Antonio Giovanni Stefano Simone Riccardo Federico Fede Roberto Mattia Gabriele Leonardo Paolo Nicola Nicolò Fabio Daniele Pietro Salvatore Totò Emanuele Vincenzo',
    surnames: 'Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti De_Luca Mancini Costa Giordano Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara Galli Martini Leone Longo Gentile D\'Angelo Dell\'Orto Serra Vitale Nicolò',
  },
  pl: {
    women: 'Anna Ania Katarzyna Kasia Małgorzata Gosia Agnieszka Aga Maria Magdalena Magda Joanna Asia Aleksandra Ola Monika Zuzanna Zuza Julia Natalia Karolina Marta Ewa Paulina Dorota Iza Łucja Żaneta Wiktoria Kinga',
    men: 'Piotr Piotrek Krzysztof Krzysiek Tomasz Tomek Paweł Michał Marcin Jan Andrzej Jakub Kuba Adam Mateusz Łukasz Marek Kamil Bartek Bartosz Wojtek Wojciech Maciej Maciek Dawid Rafał Grzegorz Szymon Filip Sławek Zbyszek',
    surnames: 'Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski Jankowski Mazur Kwiatkowski Wojciechowski Krawczyk Kaczmarek Piotrowski Grabowski Zając Pawłowski Michalski Król Wieczorek Jabłoński Wróbel Nowakowski Majewski Olszewski Stępień Malinowski Jaworski Ślusarczyk Żuk Ćwik Łuczak',
  },
  tr: {
    women: 'Fatma Ayşe Emine Zeynep Elif Merve Esra Büşra Kübra Hatice Seda Gamze Özge Gizem Tuğba Ebru Selin İrem Derya Pınar Sibel Çiğdem Şeyma Melisa Aslı Yağmur Irmak Öykü Ümran',
    men: 'Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim Murat Ömer Yusuf Emre Burak Fatih Furkan Serkan Can Onur Cem Kerem Osman Gökhan Uğur Oğuz Ramazan Tolga Çağrı Şahin Eren Umut Efe Kaan Halil Barış Volkan Ümit',
    surnames: 'Yılmaz Kaya Demir Şahin Çelik Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara Koç Kurt Özkan Şimşek Polat Korkmaz Özcan Çakır Erdoğan Yavuz Can Acar Şen Aktaş Güler Yalçın Güneş Bozkurt Bulut Keskin Ünal Turan Gül Özer Işık Tekin Yilmaz Ozturk Celik',
  },
  uz: {
    women: 'Dilnoza Nilufar Madina Malika Gulnora Zilola Nigora Sevara Shahnoza Feruza Kamola Umida Nargiza Dildora Lola Iroda Oydin Sevinch Mohira',
    men: 'Aziz Jasur Sardor Bekzod Sherzod Ulugbek Otabek Javohir Akmal Bobur Timur Rustam Dilshod Farrux Farhod Jahongir Sanjar Islom Shaxzod Shohruh Alisher Doniyor Muhammad Azizbek Abror Oybek G\'ayrat',
    surnames: 'Karimov Rahimov Yusupov Abdullayev Ismoilov Aliyev Umarov Tursunov Ergashev Saidov Nazarov Rashidov Qodirov Mirzayev Xolmatov Sobirov Hasanov Toshmatov Usmonov Ibragimov Jo\'rayev Olimov Sharipov Normatov',
  },
  id: {
    women: 'Siti Dewi Sri Nur Putri Ayu Rina Fitri Dian Indah Wati Maya Lestari Ratna Yuni Rini Wulan Intan Nurul Ani Lia Tika Mega Aisyah Nabila Tri Eka',
    men: 'Muhammad Ahmad Agus Budi Andi Adi Rizky Rizki Dimas Fajar Eko Bayu Hendra Joko Arif Ari Yoga Dwi Wahyu Iwan Aditya Irfan Reza Bambang Ilham Ilyas Made Wayan Ketut Yusuf Fikri Galih',
    surnames: 'Setiawan Saputra Pratama Wijaya Santoso Hidayat Kurniawan Susanto Siregar Nugroho Wibowo Putra Utami Lestari Rahman Gunawan Hartono Nasution Simanjuntak Ramadhan Permana Firmansyah Purnama Halim Sari Maulana Harahap Suryadi Tanjung',
  },
  vi: {
    women: 'Linh Trang Hương Lan Mai Thảo Hà Ngọc Thu Hằng Phương Yến Huyền Nhung Quỳnh Vy Thủy Nga Ánh Oanh Anh Hạnh Hoa My Như Thanh Hiền Thị_Mai Diễm Đào Thùy_Linh Kim_Anh',
    men: 'Minh Tuấn Hùng Dũng Anh Hoàng Nam Long Huy Đức Thành Hải Quân Khánh Phong Tùng Sơn Trung Việt Cường Bình Khoa Hiếu Tú Tâm Thắng Kiên Đạt Quang Nhật Văn_Hùng Đông Tiến Phúc Lâm',
    surnames: 'Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Đoàn Mai Trịnh Nguyen Tran Le Pham Cao Đào Tạ Tô Trương Châu Quách Hà Lâm Phùng Vương Thái',
  },
  ru: {
    women: 'Анна Елена Мария Ольга Наталья Анастасия Екатерина Настя Катя Татьяна Аня Ирина Светлана Юлия Маша Оля Лена Даша Дарья Ксения Наташа Таня Виктория Алина Юля Полина Ира Марина Валерия Вика София Света Лера Ксюша Соня Алёна Алена Людмила Галина Лиза Елизавета Кристина Евгения Женя Надежда Вера Наталия Любовь Саша Яна Диана Арина Рита Маргарита Лариса Нина Люда Лида Жанна Эльвира Зоя Инна Алла Ульяна Эля Варя Варвара Милана Ася Тася Карина Гуля Нюша',
    men: 'Александр Дмитрий Сергей Андрей Алексей Саша Максим Иван Михаил Евгений Владимир Артём Артем Николай Денис Дима Антон Никита Роман Павел Илья Кирилл Игорь Серёга Серёжа Макс Вова Олег Юрий Вадим Миша Влад Константин Виктор Ваня Лёха Алекс Егор Стас Станислав Коля Даниил Данил Ярослав Паша Рома Костя Тимур Руслан Владислав Виталий Женя Валерий Анатолий Борис Григорий Гриша Петр Пётр Федя Фёдор Слава Вячеслав Толя Юра Витя Жора Эдуард Эдик Тёма Лев Матвей Степан Захар Глеб Гоша Георгий Василий Вася Семён Санёк Димон Колян Толик',
    surnames: 'Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Федоров Морозов Волков Алексеев Лебедев Семёнов Егоров Павлов Козлов Степанов Николаев Орлов Андреев Макаров Никитин Захаров Зайцев Соловьёв Соловьев Борисов Яковлев Григорьев Романов Воробьёв Сергеев Кузьмин Фролов Александров Дмитриев Королёв Гусев Киселёв Ильин Максимов Поляков Сорокин Виноградов Ковалёв Ковалев Белов Медведев Антонов Тарасов Жуков Баранов Филиппов Комаров Давыдов Беляев Герасимов Богданов Осипов Сидоров Матвеев Титов Марков Миронов Крылов Куликов Карпов Власов Мельников Денисов Гаврилов Тихонов Казаков Афанасьев Данилов Савельев Тимофеев Фомин Чернов Абрамов Мартынов Ефимов Щербаков Назаров Калинин Исаев Чернышёв Быков Маслов Родионов Коновалов Шевченко Бондаренко Мельник Ткаченко Коваленко Черных Седых Толстой Шукшин Цветков Юдин Эльдаров Шмидт Майер Ким Пак',
  },
  uk: {
    women: 'Олена Наталія Ірина Оксана Анна Тетяна Юлія Марія Катерина Світлана Вікторія Настя Анастасія Оля Ольга Ганна Людмила Аліна Дарина Іра Софія Христина Леся Таня Наталя Яна Мар\'яна Соломія Галина Уляна Євгенія',
    men: 'Олександр Сергій Андрій Володимир Іван Микола Віталій Дмитро Юрій Олексій Ігор Максим Роман Василь Сашко Михайло Богдан Тарас Назар Артем Євген Вадим Олег Ярослав Павло Петро Ілля Руслан Станіслав Влад Денис Юра Остап',
    surnames: 'Мельник Шевченко Коваленко Бондаренко Бойко Ткаченко Кравченко Ковальчук Коваль Олійник Шевчук Поліщук Іванов Ткачук Савченко Бондар Марченко Руденко Мороз Лисенко Петренко Клименко Павленко Кравчук Левченко Попов Кузьменко Харченко Гончар Ковальський Юрченко Їжакевич Єременко Яценко Чорний Гончаренко Литвин Хоменко Дяченко Василенко Романенко',
  },
  ar: {
    women: 'فاطمة مريم نور سارة عائشة زينب هدى ريم ليلى أمل منى سلمى دينا رانيا ياسمين آية اسماء هبة خديجة أميرة شيماء إيمان ندى نورا رنا لينا جنى حنان سمر غادة ملك روان وفاء إسراء ام_محمد',
    men: 'محمد أحمد احمد علي محمود عبدالله عبد_الله حسن خالد عمر حسين مصطفى إبراهيم ابراهيم يوسف كريم عبدالرحمن ياسر سعيد طارق أيمن سامي ماجد وليد فهد سلطان زياد عماد ناصر جمال بلال أسامة حمزة عثمان رامي هشام صالح مروان ابو_محمد أبو_علي',
    surnames: 'محمد أحمد علي حسن محمود إبراهيم السيد حسين خالد عبدالله العلي المصري الشمري العتيبي القحطاني الحربي الغامدي الزهراني الدوسري المطيري عثمان يوسف سالم سعيد صالح حمدان النجار الخطيب الحسن الشامي العراقي منصور الأحمد خليل حداد البغدادي',
  },
  fa: {
    women: 'فاطمه زهرا مریم سارا نازنین مینا نرگس زینب لیلا الهام مهسا سمیرا معصومه شیما پریسا سحر ندا فرزانه نگار آیدا آرزو ریحانه هانیه شیرین مهدیه پگاه یاسمن ژاله ساناز غزل کیمیا بهاره نسترن رویا گلناز الناز سپیده تینا هستی یلدا عاطفه',
    men: 'محمد علی رضا مهدی حسین امیر محمدرضا علیرضا امیرحسین حسن سعید احمد محمود مجتبی مصطفی حمید محسن میلاد پویا آرش مسعود محمدمهدی ابوالفضل سجاد عباس جواد امید وحید فرهاد کیان بهنام سینا مجید هادی امین یاسر اکبر ایمان پرویز داریوش شهاب صادق نوید ناصر پیمان کامران یونس ژوبین قاسم',
    surnames: 'محمدی احمدی حسینی رضایی کریمی موسوی حیدری جعفری مرادی رحیمی قاسمی محمودی صادقی ابراهیمی هاشمی رستمی نوری اکبری علیزاده حسن‌زاده سلیمانی شریفی عباسی میرزایی یوسفی اسدی مهدوی کاظمی نجفی طاهری فرهادی غلامی باقری امیری زارع عزیزی پارسا خانی شیرازی تهرانی یزدانی گودرزی چگینی ژیان',
  },
  he: {
    women: 'נועה מיכל שירה יעל תמר רחל שרה מאיה עדי טליה אור ענת רונית דנה הילה ליאור אביגיל אסתר חנה לאה גלית מור',
    men: 'דוד משה יוסי דניאל אבי איתי עומר יונתן אורי רון נועם יוסף אלון עידו רועי אריאל גיל עמית ניר שי מיכאל אליהו יעקב שלמה אסף',
    surnames: 'כהן לוי מזרחי פרץ ביטון דהן אברהם פרידמן אגבאריה מלכה אזולאי כץ יוסף דוד אוחנה עמר חדד גבאי בן_דוד אדרי לביא שפירא',
  },
  hi: {
    women: 'प्रिया पूजा नेहा अंजलि कविता सुनीता आरती रेखा सीमा ज्योति अनीता मीना राधा गीता काजल स्वाति निशा दीपिका श्रेया रितु किरण मोनिका शिवानी खुशी लक्ष्मी सरिता ममता सोनिया वंदना उषा इशिता भावना ऐश्वर्या',
    men: 'राहुल अमित राज विकास अजय संजय रोहित विजय सुनील राजेश अनिल मनोज दीपक रवि संदीप आकाश अर्जुन मोहन करण सूरज गणेश विक्रम नितिन प्रदीप हरि ओम शिव योगेश जय दिनेश महेश सुरेश रमेश पंकज आदित्य अभिषेक कृष्ण ईशान फैज़ान इमरान यश',
    surnames: 'कुमार सिंह शर्मा यादव गुप्ता वर्मा मिश्रा पटेल जोशी पांडे चौहान तिवारी अग्रवाल राजपूत ठाकुर दुबे शुक्ला मौर्य खान झा राठौर सोनी चौधरी नायर रेड्डी राव मेहता देसाई त्रिपाठी श्रीवास्तव सक्सेना भट्ट',
  },
  th: {
    women: 'น้ำ ฝน แพร พลอย มุก แนน เมย์ ฟ้า นุ่น แอน ปลา กิ๊ฟ สมหญิง พิม อร',
    men: 'สมชาย บอย แบงค์ เอก ต้น โอม นนท์ เจ กอล์ฟ อาร์ม ปอนด์ บาส สมศักดิ์ ณัฐ ชัย',
    surnames: 'แซ่ตั้ง ทองดี สุขใจ ศรีสุข บุญมา แสงทอง จันทร์แก้ว ใจดี วงศ์สวัสดิ์',
  },
  zh: {
    surnames: '王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 邓 冯 曹 彭 曾 肖 田 董 潘 袁 蔡 蒋 余 于 杜 叶 程 魏 苏 吕 丁 任 卢 姚 沈 钟 姜 崔 谭 陆 范 汪 廖 石 金 韦 贾 夏 付 方 邹 熊 白 孟 秦 邱 侯 江 尹 薛 闫 段 雷 龙 黎 史 陶 贺 毛 郝 顾 龚 邵 万 覃 武 钱 戴 严 莫 孔 向 常 欧阳',
  },
  tw: {
    women: '雅婷 怡君 淑芬 美玲 佳穎 詩涵 欣怡 雅雯 淑惠 宜蓁 佩珊 思妤 子晴 心怡 鈺婷',
    men: '志明 俊傑 建宏 家豪 冠宇 宗翰 志偉 承恩 柏翰 彥廷 冠廷 宇軒 品睿 信宏 文雄',
    surnames: '陳 林 黃 張 李 王 吳 劉 蔡 楊 許 鄭 謝 郭 洪 曾 邱 廖 賴 周 徐 蘇 葉 莊 呂 江 何 蕭 羅 高',
  },
  ja: {
    women: '陽子 美咲 葵 さくら 由美子 結衣 愛 恵子 智子 裕子 久美子 美穂 ゆい ひなた あおい 莉子 七海 真由美 優子 まゆ ゆき みさき アヤ リナ えみ なな',
    men: '翔太 健太 大輔 拓也 誠 翔 健一 直樹 浩 達也 和也 大翔 悠真 蓮 陽斗 太郎 隆 学 亮 けんた たかし ゆうき こうじ ケンジ タケシ リョウ はると',
    surnames: '佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水 山崎 森 池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本',
  },
  ko: {
    women: '지은 서연 민지 지현 수진 유진 은지 혜진 지영 미영 서윤 하은 예은 현정 소연 다은 윤아 보라 은영 채원',
    men: '민수 지훈 현우 민준 동현 준호 성민 영호 상훈 도윤 서준 재현 승현 우진 태현 정훈 진우 경수 하준 시우',
    surnames: '김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 전 홍 고 문 양 손 배 백 허 유 남 심 노 하 곽 성 차 주 우 구 민',
  },
}

// The characters that given names are put together from.
export const given = {
  zh: '小伟子明志文海晓建国军丽雪佳玉思梦雨欣宇俊浩婷静敏秀英芳娜强磊洋艳勇杰娟涛超霞平刚桂兰燕红梅琳鹏飞鑫波斌辉龙华春荣健凯峰博宁嘉怡慧颖莹倩雅诗涵若一诺梓轩睿泽晨阳昊天佑成家豪振东永金云月星辰紫萱可心悦彤瑶琪蕾薇珊珍珠宝贝安然乐天宏亮光耀祖德胜利新民学武斯奕铭航帆远清瑞祥吉福寿康泰和顺景润泽洪林森木青松柏竹菊莲荷冰霜露虹霓虎豹麟凤凰鸿雁鹤白墨书画琴棋语言歌舞钰玲珑翠碧绿蓝尧舜禹汤启圣贤良善美仁义礼智信忠孝廉耻勤俭恭谦',
  ja: '一健太郎翔大介智樹直美優香里奈子陽菜葵花恵由紀真理沙織愛結衣彩乃千春夏秋冬雪月星空海斗悠翼隼龍馬虎之助蓮颯陸湊樹朝律蒼凛咲莉桜杏鈴音琴詩歩未来光輝明宏博文武修学誠実信義孝忠和平静岡良和泉清水雅弘隆昌茂浩洋進勝利豊富幸福吉寿',
}

// How people of other scripts write themselves in Latin letters.
export const latin = {
  ar: {
    first: 'Mohamed Ahmed Mohammed Ali Mahmoud Omar Hassan Khaled Abdullah Fatima Sara Nour Mariam Ibrahim Youssef Karim Mustafa Hussein Aisha Layla Yasmin Zainab Amr Tarek Walid Sami Rami Hamza Bilal Huda Reem Dina Mona Salma Muhammad Abdo Abdelrahman Ziad Said Samir',
    last: 'Mohamed Ahmed Ali Hassan Ibrahim Mahmoud Hussein Saleh Mansour Khalil Haddad Khalid Nasser Al-Ali El-Sayed Al-Masri Said Salem Osman Farouk Najjar Aziz Qasim Shami Alharbi Alotaibi',
  },
  fa: {
    first: 'Ali Mohammad Reza Mehdi Hossein Amir Sara Maryam Fatemeh Zahra Arash Pouya Milad Saeed Sina Hamid Mohsen Alireza Amirhossein Mahsa Nazanin Parisa Sahar Negar Mina Elham Leila Kian Omid Vahid Farhad Behnam Navid Shirin Yasaman Bahar Kimia Dariush Mojtaba Javad Majid Samira Nima Mahdi Shahab Parsa Ghazal Tina',
    last: 'Mohammadi Ahmadi Hosseini Rezaei Karimi Mousavi Heidari Jafari Moradi Rahimi Ghasemi Sadeghi Ebrahimi Hashemi Rostami Nouri Akbari Alizadeh Soleimani Sharifi Abbasi Mirzaei Yousefi Kazemi Najafi Taheri Bagheri Amiri Zare Azizi Tehrani Shirazi',
  },
  he: {
    first: 'Noa David Yael Moshe Yossi Daniel Tamar Michal Omer Itay Shira Avi Maya Ron Adi Dana Eitan Noam Amit Gil Lior Roni Tal Uri',
    last: 'Cohen Levi Mizrahi Peretz Biton Dahan Friedman Katz Azoulay Shapira Malka Amar Hadad Gabay Bar Golan',
  },
  hi: {
    first: 'Rahul Amit Raj Priya Pooja Neha Rohit Vikas Ajay Sanjay Ravi Sandeep Deepak Anjali Akash Arjun Karan Manoj Sunil Anil Rajesh Vijay Kavita Suraj Vikram Aditya Abhishek Aman Ankit Shivam Nikhil Mohit Gaurav Sachin Riya Shreya Sneha Swati Kajal Komal Imran Salman Faizan Yash Om Harsh Varun Aryan Nitin Pankaj Prakash Ganesh Krishna Lakshmi Divya Ishita Jyoti Meena Tanvi',
    last: 'Kumar Singh Sharma Yadav Gupta Verma Mishra Patel Joshi Pandey Chauhan Tiwari Khan Agarwal Rajput Thakur Dubey Shukla Das Roy Jha Soni Reddy Nair Rao Mehta Desai Shah Jain Iyer Banerjee Ghosh Choudhary Saxena Bhatt Ansari Kaur Gill',
  },
  th: {
    first: 'Som Ploy Nan May Fah Bank Boy Golf Arm Bas Nat Pim Fern Mook Anan Chai Kanya Niran Somchai Ton',
    last: 'Saetang Thongdee Suksai Boonma Jaidee Srisuk Wong Chan Rattana Kaew',
  },
  zh: {
    first: 'Wei Kevin Jason Lily Amy Leo Eric Tony Jack Lucy Xiaoming Xiaoyu Yang Ming Hao Lei Jun Ling Jing Yan Fang Yu Bo Tao Chen Peng Tina Vivian Cindy Allen Andy Vincent Jay Ray Xin Feng Qiang Yi Jie Zhi Zoe Alan Winnie Yuki Ivy',
    last: 'Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie Song Tang Han Deng Feng Cao Peng Zeng Xiao Tian Dong Pan Yuan Cai Jiang Yu Du Ye Cheng Wei Su Lu Ding Ren Yao Shen Zhong Tan Fan',
  },
  tw: {
    first: 'Kevin Jason Eric Peggy Amy Vivian Jerry Tom Alice Ken Wei Ting Yu Hao Ray Albert Sandy Iris Chia-Hao Yi-Chun',
    last: 'Chen Lin Huang Chang Lee Wang Wu Liu Tsai Yang Hsu Cheng Hsieh Kuo Hung Tseng Chiu Liao Lai Chou Chan Wong Lam Cheung Ng',
  },
  ja: {
    first: 'Yuki Haruka Sakura Kenji Takashi Hiroshi Yuta Ryo Kenta Daisuke Naoki Aya Mai Rina Emi Kaori Akira Taro Shota Hana Yui Aoi Ken Satoshi Kazuya Miki Nana',
    last: 'Sato Suzuki Takahashi Tanaka Ito Watanabe Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Sasaki Yamaguchi Matsumoto Inoue Kimura Hayashi Shimizu Mori Ikeda Abe',
  },
  ko: {
    first: 'Minji Jiwoo Minjun Seojun Jihoon Hyunwoo Jisoo Soyeon Yuna Hana Jun Min Hyun Sungmin Jaehyun Donghyun Suji Jimin Taeyang Eunji',
    last: 'Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Song Hong',
  },
}
