/**
 * Passwords that everybody tries first: the seeds' own, and the common ones of at least eight characters (shorter ones
 * are refused by their length). Lower case; a password is compared in lower case.
 */
const listed = `
admin123 admin1234 admin12345 admin123456 administrator adminadmin admin@123 admin2024 admin2025 admin2026
password password1 password12 password123 password1234 password! passw0rd p@ssw0rd p@ssword pa55word pa$$word
password01 password2 password3 passwords mypassword newpassword yourpassword changeme changeme1 changeme123 changeit
changethis letmein1 letmein123 letmeinnow welcome1 welcome12 welcome123 welcome! iloveyou iloveyou1 iloveyou2 ilovegod
12345678 123456789 1234567890 12345678910 0123456789 01234567 87654321 987654321 0987654321 123123123 12341234
1234qwer 12344321 1234abcd 123456ab 123456abc 12345qwert 123qweasd 123qweasdzxc 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y
1qaz2wsx 1qaz2wsx3edc 1qazxsw2 11223344 112233445566 11111111 111111111 1111111111 00000000 000000000 0000000000
22222222 33333333 44444444 55555555 66666666 77777777 88888888 888888888 99999999 999999999 12121212 13131313 10101010
qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwerty789 qwertyqwerty qwer1234 qwe12345
qazwsxedc qazwsx123 q1w2e3r4 q1w2e3r4t5 asdfghjk asdfghjkl asdfasdf asdf1234 asdfqwer zxcvbnm1 zxcvbnm123 zaq12wsx
zaq1zaq1 zaq1xsw2 zxcvbnma abcd1234 abcdefgh abcdefghi abc12345 abc123456 abcabcabc a1234567 a12345678 a123456789
aa123456 aa12345678 aaaaaaaa abcdef12 abcdefg1 football football1 baseball baseball1 basketball sunshine sunshine1
princess princess1 superman superman1 starwars starwars1 trustno1 whatever whatever1 computer computer1 internet
internet1 corvette mercedes midnight michelle jennifer jonathan jordan23 danielle victoria veronica elizabeth
alexander alexandra charlie1 maverick metallica slipknot scorpion softball swimming snowball spiderman pokemon1
liverpool liverpool1 chelsea1 arsenal1 barcelona manchester everton1 dolphins steelers cowboys1 lakers24 rangers1
chocolate butterfly hello123 hello1234 helloworld monkey12 monkey123 dragon12 dragon123 master12 master123 shadow12
shadow123 killer123 freedom1 forever1 blink182 babygirl babygirl1 babyboy1 lovelove loveyou1 iloveu123 sweetheart
samsung1 samsung123 nintendo playstation microsoft google123 facebook1 linkedin pa55w0rd passpass pass1234 pass12345
pass123456 test1234 test12345 testtest testing1 testing123 tester123 default1 default123 guest123 guest1234 user1234
user12345 username1 root1234 rootroot rootpass toor1234 system123 manager1 manager123 operator1 operator123 support1
support123 secret12 secret123 secret1234 temp1234 temppass temporary demo1234 demodemo oracle123 postgres postgres1
postgres123 telegram telegram1 telegram123 whatsapp whatsapp1 whatsapp123 botfleet botfleet1 botfleet123 botmaster
trekker1 trekker123 trekkermax wabot123 owner123 owner1234 master1234 security security1 access14 access123
hunter22 hunter123 thunder1 jesus123 jesuschrist blessed1 michael1 matthew1 anthony1 jessica1 ashley12 nicole12
daniel12 andrew12 joshua12 thomas12 robert12 jordan12 hannah12 qweasdzxc 1a2b3c4d a1b2c3d4 a1b2c3d4e5 147258369
159357456 789456123 741852963 963852741 321654987 123654789 12369874 14725836 31415926 3141592654 4815162342
woaini1314 woaini520 5201314520 1314520520 woaini123 zhang123 wang1234 qq123456 qq123456789 asd123456 zxc123456
salam123 iran1234 tehran123 ali12345 mohammad1 mohammad123 parol123 privet123 marina123 natasha1 qwertyuiop123
`

export const refusedPasswords: ReadonlySet<string> = new Set(listed.trim().split(/\s+/))
