"""Snippets with secrets (between `‹` and `›`) and without, for other tools than `support.inventions` has."""

from __future__ import annotations

from picode.core.secrets import find

WITH = {
    "Perl's quotes": "my $password = q{‹Kx7vq2Rm9zT4›};\n",
    "Perl's quotes with names": "my $db_password = qq{‹Kx7vq2Rm9zT4›};\n",
    "Ruby's quotes": "password = %q{‹Kx7vq2Rm9zT4›}\n",
    "a line that goes on": "password = \\\n    '‹Kx7vq2Rm9zT4›'\n",
    "MySQL, of a user": "SET PASSWORD FOR 'ada'@'%' = '‹Kx7vq2Rm9zT4›';\n",
    "argparse": "parser.add_argument('--password', default='‹Kx7vq2Rm9zT4›')\n",
    "argparse, among others": "parser.add_argument('--db-password', type=str, default=\"‹Kx7vq2Rm9zT4›\", help='of it')\n",
    "an address in an address": "https://a.example/login?next=%2F%3Fuser%3Dada%26password%3D‹Kx7vq2Rm9zT4›\n",
    "an address that Amazon signed": "https://b.s3.amazonaws.com/k?X-Amz-Signature=‹bf34833356dc44c65568b90edca9f9f06037f5e6661e3944e210b72f0aaab421›\n",
    "systemd": '[Service]\nEnvironment="DB_PASSWORD=‹Kx7!vq2Rm9›"\nExecStart=/usr/bin/app\n',
    "systemd, bare": "[Service]\nEnvironment=SMTP_PASS=‹mango7Tractor›\n",
    "compose map": (
        "services:\n"
        "  db:\n"
        "    image: postgres:16\n"
        "    environment:\n"
        "      POSTGRES_USER: ada\n"
        "      POSTGRES_PASSWORD: ‹mango7Tractor›\n"
        "    ports:\n"
        "      - 5432:5432\n"
    ),
    "actions env": "    env:\n      NPM_TOKEN: ‹q8Zt3LmW0xVb5NcR7yKd2PfH6sJg4TaE›\n      CI: true\n",
    "spring": (
        "spring.datasource.url=jdbc:postgresql://db/app\n"
        "spring.datasource.username=ada\n"
        "spring.datasource.password=‹Kx7!vq2Rm9›\n"
    ),
    "Haskell": (
        "connectInfo = defaultConnectInfo\n"
        '  { connectHost = "db"\n'
        '  , connectPassword = "‹Kx7!vq2Rm9›"\n'
        "  }\n"
    ),
    "Erlang": '{ok, C} = epgsql:connect(#{host => "db", username => "ada", password => "‹Kx7!vq2Rm9›"}).\n',
    "Erlang tuple": '[{host, "db"}, {user, "ada"}, {password, "‹Kx7!vq2Rm9›"}].\n',
    "F#": 'let dbPassword = "‹Kx7!vq2Rm9›"\n',
    "OCaml labelled": 'let c = connect ~host:"db" ~password:"‹Kx7!vq2Rm9›" ()\n',
    "OCaml optional": 'new Postgresql.connection ~user:"ada" ~password:"‹mango7Tractor›" ()\n',
    "Nim": 'const dbPassword* = "‹mango7Tractor›"\n',
    "Zig": 'const password: []const u8 = "‹Kx7!vq2Rm9›";\n',
    "Dart": "final String _password = '‹Kx7!vq2Rm9›';\n",
    "Objective-C": 'NSString *const kPassword = @"‹Kx7!vq2Rm9›";\n',
    "Objective-C setter": '[client setPassword:@"‹Kx7!vq2Rm9›"];\n',
    "VB.NET": 'Dim password As String = "‹Kx7!vq2Rm9›"\n',
    "VBA": 'ActiveSheet.Unprotect Password:="‹mango7Tractor›"\n',
    "Delphi": "  Connection.Params.Password := '‹Kx7!vq2Rm9›';\n",
    "Delphi list": "  Params.Values['Password'] := '‹Kx7!vq2Rm9›';\n",
    "COBOL": '           MOVE "‹Kx7!vq2Rm9›" TO WS-PASSWORD.\n',
    "Fortran": "  character(len=20), parameter :: password = '‹Kx7!vq2Rm9›'\n",
    "Ada": '   Password : constant String := "‹Kx7!vq2Rm9›";\n',
    "Matlab": "conn = database('app', 'ada', 'mango7Tractor'); % password\npassword = '‹Kx7!vq2Rm9›';\n",
    "Julia": 'const DB_PASSWORD = "‹Kx7!vq2Rm9›"\n',
    "Tcl": 'set password "‹Kx7!vq2Rm9›"\n',
    "Tcl, bare": "set db_password ‹mango7Tractor›\n",
    "Emacs Lisp": '(setq erc-password "‹Kx7!vq2Rm9›")\n',
    "Common Lisp": '(defparameter *db-password* "‹Kx7!vq2Rm9›")\n',
    "Clojure def": '(def db-password "‹Kx7!vq2Rm9›")\n',
    "Scheme": '(define smtp-password "‹Kx7!vq2Rm9›")\n',
    "Crystal": 'DB.open("postgres://ada:‹Kx7!vq2Rm9›@db/app")\n',
    "GraphQL": 'mutation { login(email: "ada@example.com", password: "‹Kx7!vq2Rm9›") { token } }\n',
    "form body": 'curl -d "username=ada&password=‹mango7Tractor›" https://example.com/login\n',
    "json body": 'curl -d \'{"user":"ada","password":"‹Kx7!vq2Rm9›"}\' https://example.com\n',
    "wget": "wget --user=ada --password=‹mango7Tractor› https://example.com/f\n",
    "wget quoted": "wget --user=ada --http-password='‹Kx7!vq2Rm9›' https://example.com/f\n",
    "smbclient": "smbclient //srv/share -U ada%‹mango7Tractor›\n",
    "ldapsearch": "ldapsearch -x -D cn=admin -w ‹mango7Tractor› -b dc=example\n",
    "PGPASSWORD": "PGPASSWORD=‹mango7Tractor› psql -h db -U ada app\n",
    "MYSQL_PWD": "MYSQL_PWD='‹Kx7!vq2Rm9›' mysqldump app\n",
    "mongosh": "mongosh --host db -u ada -p ‹mango7Tractor› app\n",
    "lftp": "lftp -u ada,‹mango7Tractor› sftp://example.com\n",
    "az login": (
        "az login --service-principal -u app-of-acme -p ‹q8Zt3LmW0xVb5NcR7yKd2PfH6sJg4TaE› --tenant acme\n"
    ),
    "htpasswd -b": "htpasswd -cb /etc/nginx/.htpasswd ada ‹mango7Tractor›\n",
    "openssl": "openssl rsa -in k.pem -passin pass:‹mango7Tractor› -out o.pem\n",
    "keytool": "keytool -genkey -keystore a.jks -storepass ‹mango7Tractor› -keypass ‹mango7Tractor›\n",
    "gpg": 'gpg --batch --passphrase "‹Kx7!vq2Rm9›" -c f\n',
    "sudo -S": "echo '‹Kx7!vq2Rm9›' | sudo -S apt-get update\n",
    "sqlcmd": "sqlcmd -S db -U sa -P '‹Kx7!vq2Rm9›' -Q 'select 1'\n",
    "sqlplus": "sqlplus ada/‹mango7Tractor›@db.example.com:1521/orcl\n",
    "rabbitmqctl": "rabbitmqctl add_user ada ‹mango7Tractor›\n",
    "kubectl": "kubectl create secret generic db --from-literal=password=‹mango7Tractor›\n",
    "kube data": "apiVersion: v1\nkind: Secret\ndata:\n  username: YWRh\n  password: ‹S3g3IXZxMlJtOQ›==\n",
    "chpasswd": 'echo "ada:‹mango7Tractor›" | chpasswd\n',
    "wpa": 'network={\n  ssid="home"\n  psk="‹Kx7!vq2Rm9›"\n}\n',
    "wireguard": (
        "[Interface]\n"
        "PrivateKey = ‹wJx4Qm9Zt2Lr7Vb0Nc5Rk8Yd3Pf6Hs1Ja4Tg7Eu0Wi=›\n"
        "Address = 10.0.0.2/32\n"
        "[Peer]\n"
        "PresharedKey = ‹wJx4Qm9Zt2Lr7Vb0Nc5Rk8Yd3Pf6Hs1Ja4Tg7Eu0Wi=›\n"
    ),
    "bind": (
        'key "rndc-key" {\n'
        "  algorithm hmac-sha256;\n"
        '  secret "‹wJx4Qm9Zt2Lr7Vb0Nc5Rk8Yd3Pf6Hs1Ja4Tg7Eu0Wi=›";\n'
        "};\n"
    ),
    "otpauth": "otpauth://totp/Acme:ada?secret=‹JBSWY3DPK5XXE3DEONSWG4TFOQ›&issuer=Acme\n",
    "totp": 'totp = pyotp.TOTP("‹JBSWY3DPK5XXE3DEONSWG4TFOQ›")\n',
    "grafana.ini": "[smtp]\nenabled = true\npassword = ‹Kx7!vq2Rm9›\n",
    "odoo": "[options]\nadmin_passwd = ‹mango7Tractor›\ndb_user = odoo\n",
    "redis.conf": "port 6379\nrequirepass ‹mango7Tractor›\nmasterauth ‹Kx7!vq2Rm9›\n",
    "haproxy": "userlist u\n  user ada insecure-password ‹mango7Tractor›\n",
    "msmtprc": "account work\nhost smtp.example.com\nuser ada\npassword ‹mango7Tractor›\n",
    "mbsync": 'IMAPAccount work\nUser ada\nPass "‹Kx7!vq2Rm9›"\n',
    "offlineimap": "[Repository Remote]\ntype = IMAP\nremoteuser = ada\nremotepass = ‹mango7Tractor›\n",
    "s3cfg": (
        "[default]\n"
        "access_key = AKIAJ4QK7ZRT2MWXVB5N\n"
        "secret_key = ‹wJx4Qm9Zt2Lr7Vb0Nc5Rk8Yd3Pf6Hs1Ja4Tg7Eu0›\n"
    ),
    "rclone": "[remote]\ntype = sftp\nhost = example.com\npass = ‹q8Zt3LmW0xVb5NcR7yKd2PfH6sJg4TaE›\n",
    "maven": (
        "<server>\n"
        "  <id>nexus</id>\n"
        "  <username>ada</username>\n"
        "  <password>‹Kx7!vq2Rm9›</password>\n"
        "</server>\n"
    ),
    "gradle": "signing.keyId=24875D73\nsigning.password=‹mango7Tractor›\n",
    "nuget": '<add key="ClearTextPassword" value="‹Kx7!vq2Rm9›" />\n',
    "web.config": '<add name="Db" connectionString="Server=db;User Id=sa;Password=‹Kx7!vq2Rm9›;" />\n',
    "tomcat": '<user username="ada" password="‹Kx7!vq2Rm9›" roles="manager-gui"/>\n',
    "publish profile": (
        '<publishProfile profileName="a" userName="$a" userPWD="‹q8Zt3LmW0xVb5NcR7yKd2PfH6sJg4TaE›" />\n'
    ),
    "ts typed": "  private readonly password: string = '‹Kx7!vq2Rm9›';\n",
    "ts as const": "export const DB = { password: '‹Kx7!vq2Rm9›' as const };\n",
    "laravel": "'password' => env('DB_PASSWORD', '‹Kx7!vq2Rm9›'),\n",
    "requests auth": 'requests.get(url, auth=("ada", "‹Kx7!vq2Rm9›"))\n',
    "HTTPBasicAuth": 'HTTPBasicAuth("ada", "‹Kx7!vq2Rm9›")\n',
    "axios": "axios.get(u, { auth: { username: 'ada', password: '‹mango7Tractor›' } })\n",
    "postman": '{ "key": "password", "value": "‹Kx7!vq2Rm9›", "type": "string" }\n',
    "notebook": '"source": [\n "password = \\"‹Kx7!vq2Rm9›\\"\\n",\n "x = 1"\n]\n',
    "comment": "# login: ada, password: ‹mango7Tractor›\n",
    "comment is": "// the admin password is ‹mango7Tractor›\n",
    "markdown": "- User: `ada`\n- Password: `‹mango7Tractor›`\n",
    "markdown bold": "**Password:** ‹Kx7!vq2Rm9›\n",
    "markdown table": "| user | password |\n| --- | --- |\n| ada | ‹Kx7!vq2Rm9› |\n",
    "csv": "username,password,role\nada,‹Kx7!vq2Rm9›,admin\n",
    "sql insert": "INSERT INTO users (name, password) VALUES ('ada', '‹Kx7!vq2Rm9›');\n",
    "git remote": (
        '[remote "origin"]\n'
        "\turl = https://ada:‹q8Zt3LmW0xVb5NcR7yKd2PfH6sJg4TaE›@git.example.com/a.git\n"
    ),
    "ethereum": (
        'const wallet = new ethers.Wallet("0x‹4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318›")\n'
    ),
    "ethereum named": "PRIVATE_KEY=0x‹4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318›\n",
    "hardhat": "  accounts: [`0x‹4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318›`],\n",
    "WIF": 'privkey = "‹L1aW4aubDFB7yfras2S1mN3bqg9nwySY8nkoLmJebSLD5BWv3ENZ›"\n',
    "mnemonic": (
        'mnemonic = "‹ripple lunar velvet› cabbage orbit tunnel wisdom fiscal marble piano gauge anchor"\n'
    ),
    "JWK": '{"kty":"EC","crv":"P-256","d":"‹wJx4Qm9Zt2Lr7Vb0Nc5Rk8Yd3Pf6Hs1Ja4Tg7Eu0Wi0›","use":"sig"}\n',
    "service account": (
        '"private_key": "-----BEGIN PRIVATE KEY-----\\nMIIEvQ\\n‹MzEfYyjiWA4R4›/M2bS\\n-----END PRIVATE KEY-----\\n",\n'
    ),
    "docker auth": '{"auths":{"ghcr.io":{"auth":"‹YWRhOkt4NyF2cTJSbTk›="}}}\n',
    "kubeconfig": (
        "users:\n"
        "- name: ada\n"
        "  user:\n"
        "    client-key-data: ‹LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFcEFJQkFBS0NBUUVB›\n"
    ),
    "ppk": (
        "PuTTY-User-Key-File-3: ssh-ed25519\n"
        "Encryption: none\n"
        "Public-Lines: 2\n"
        "AAAAC3NzaC1lZDI1NTE5AAAAIJ\n"
        "Private-Lines: 1\n"
        "‹AAAAIC4mWt8Zq3Lr7Vb0Nc5Rk8Yd3Pf6Hs1Ja4Tg7Eu0Wi›\n"
        "Private-MAC: 9f2c\n"
    ),
    "ansible": (
        "    - name: db\n"
        "      mysql_user:\n"
        "        name: ada\n"
        '        password: "‹Kx7!vq2Rm9›"\n'
        "        state: present\n"
    ),
    "ansible inline": "- mysql_user: name=ada password=‹mango7Tractor› state=present\n",
    "ansible inventory": "web1 ansible_host=10.0.0.1 ansible_user=ada ansible_password=‹mango7Tractor›\n",
    "cisco": "enable password ‹mango7Tractor›\nusername ada password 0 ‹Kx7!vq2Rm9›\n",
    "helm set": "helm install db bitnami/postgresql --set auth.postgresPassword=‹mango7Tractor›\n",
    "terraform var": "terraform apply -var 'db_password=‹mango7Tractor›'\n",
    "tfvars": 'db_password = "‹mango7Tractor›"\n',
    "nginx": 'proxy_set_header Authorization "Basic ‹YWRhOkt4NyF2cTJSbTk›=";\n',
    "http file": "POST /login HTTP/1.1\nX-Auth-Token: ‹q8Zt3LmW0xVb5NcR7yKd2PfH6sJg4TaE›\n",
    "cookie": "Cookie: sessionid=‹q8Zt3LmW0xVb5NcR7yKd2PfH6sJg4TaE›; theme=dark\n",
    "jenkins": "withCredentials([string(credentialsId: 'x')]) { }\ndef password = '‹Kx7!vq2Rm9›'\n",
    "elixir config": 'config :app, App.Repo,\n  username: "ada",\n  password: "‹Kx7!vq2Rm9›"\n',
    "rails yml": "  password: <%= ENV['DB_PASSWORD'] || '‹Kx7!vq2Rm9›' %>\n",
    "python default arg": 'def connect(host, user="ada", password="‹mango7Tractor›"):\n    pass\n',
    "python keyword split": 'conn = connect(\n    password=(\n        "‹Kx7!vq2Rm9›"\n    ),\n)\n',
    "python concat": 'password = "‹Kx7!vq2›" + "‹Rm9zTq4›"\n',
    "kotlin named": 'connect(user = "ada", password = "‹Kx7!vq2Rm9›")\n',
    "swift arg": 'Auth.auth().signIn(withEmail: "a@b.c", password: "‹mango7Tractor›")\n',
    "C#, named": 'new NetworkCredential(userName: "ada", password: "‹Kx7!vq2Rm9›")\n',
    "C#, positional": 'new NetworkCredential("ada", "‹Kx7!vq2Rm9›")\n',
    "Java login": 'DriverManager.getConnection(url, "ada", "‹Kx7!vq2Rm9›");\n',
    "Java PasswordAuthentication": 'return new PasswordAuthentication("ada", "‹Kx7!vq2Rm9›".toCharArray());\n',
    "Java char array": 'char[] password = "‹Kx7!vq2Rm9›".toCharArray();\n',
    "Go DSN": 'sql.Open("mysql", "ada:‹Kx7!vq2Rm9›@tcp(db:3306)/app")\n',
    "Go const": 'const dbPassword string = "‹Kx7!vq2Rm9›"\n',
    "Rust env": 'env::var("DB_PASSWORD").unwrap_or("‹Kx7!vq2Rm9›".into())\n',
    "Rust builder": '.password(Some("‹Kx7!vq2Rm9›"))\n',
    "Ruby fetch": "ENV.fetch('DB_PASSWORD', '‹Kx7!vq2Rm9›')\n",
    "Ruby fetch block": "ENV.fetch('DB_PASSWORD') { '‹Kx7!vq2Rm9›' }\n",
    "JS ??": "const p = process.env.DB_PASSWORD ?? '‹Kx7!vq2Rm9›';\n",
    "bash default": ': "${DB_PASSWORD:=‹mango7Tractor›}"\n',
    "bash read": "read -r password <<< '‹Kx7!vq2Rm9›'\n",
    "fish": "set -gx DB_PASSWORD '‹Kx7!vq2Rm9›'\n",
    "nushell": '$env.DB_PASSWORD = "‹Kx7!vq2Rm9›"\n',
    "powershell secure": "ConvertTo-SecureString '‹Kx7!vq2Rm9›' -AsPlainText -Force\n",
    "sql server": "CREATE LOGIN ada WITH PASSWORD = N'‹Kx7!vq2Rm9›';\n",
    "mongo shell": 'db.createUser({ user: "ada", pwd: "‹mango7Tractor›", roles: [] })\n',
    "dsn twisted": "amqps://ada:‹Kx7!vq2Rm9›@mq.example.com:5671/%2f\n",
    "html hidden": '<input type="hidden" name="api_key" value="‹q8Zt3LmW0xVb5NcR7yKd2PfH6sJg4TaE›">\n',
    "html password": '<input type="password" name="password" value="‹mango7Tractor›">\n',
    "german": "kennwort: ‹mango7Tractor›\nbenutzer: ada\nport: 22\n",
    "chinese comment": "# 密码: ‹Kx7!vq2Rm9›\n",
    "toml inline": 'db = { user = "ada", password = "‹Kx7!vq2Rm9›", port = 1 }\n',
    "json5": "{ host: 'db', password: '‹Kx7!vq2Rm9›', }\n",
    "nix": '  initialPassword = "‹mango7Tractor›";\n',
    "puppet": "mysql::db { 'app':\n  password => '‹mango7Tractor›',\n}\n",
    "cmake": 'set(DB_PASSWORD "‹Kx7!vq2Rm9›")\n',
    "makefile": "DB_PASSWORD ?= ‹mango7Tractor›\n",
    "lua table": '{ user = "ada", ["password"] = "‹Kx7!vq2Rm9›" }\n',
    "perl hash": "my %c = (user => 'ada', pass => '‹Kx7!vq2Rm9›');\n",
    "perl DBI": 'DBI->connect("dbi:Pg:dbname=app", "ada", "‹Kx7!vq2Rm9›")\n',
    "php mysqli": "$db = new mysqli('localhost', 'ada', '‹Kx7!vq2Rm9›', 'app');\n",
    "php PDO": "new PDO($dsn, 'ada', '‹Kx7!vq2Rm9›');\n",
    "wp-config": (
        "define( 'DB_PASSWORD', '‹Kx7!vq2Rm9›' );\n"
        "define('AUTH_KEY', '‹put7|x+Q:v~Zk3@mW9 #rT5^yL1&pN8*bC4›');\n"
    ),
    "R dbConnect": 'dbConnect(Postgres(), user = "ada", password = "‹Kx7!vq2Rm9›")\n',
    "gdscript": 'const API_TOKEN := "‹q8Zt3LmW0xVb5NcR7yKd2PfH6sJg4TaE›"\n',
    "vue env": "VITE_API_SECRET=‹q8Zt3LmW0xVb5NcR7yKd2PfH6sJg4TaE›\n",
    "license": "LICENSE_KEY=7Q2M-‹XK9P-4TVB-R8NC›-5YHD\n",
    "k8s env": (
        "        env:\n"
        "        - name: DB_PASSWORD\n"
        "          value: ‹mango7Tractor›\n"
        "        - name: X\n"
        "          value: y\n"
    ),
    "k8s env quoted": '        - name: DB_PASSWORD\n          value: "‹Kx7!vq2Rm9›"\n',
    "ecs": '{"name": "DB_PASSWORD", "value": "‹Kx7!vq2Rm9›"},\n',
    "sql rows": (
        "insert into users (id, name, password, role) values\n"
        "  (1, 'ada, b', '‹Kx7!vq2Rm9›', 'x'),\n"
        "  (2, 'bob', '‹mango7Tractor›', 'y');\n"
    ),
    "tsv": (
        "user\ttoken\n"
        "ada\t‹q8Zt3LmW0xVb5NcR7yKd2PfH6sJg4TaE›\n"
        "bob\t‹EaT4gJs6HfP2dKy7RcN5bVx0WmL3tZ8q›\n"
    ),
}  # fmt: skip

MORE = (
    # What a second round invented, when the rules had been made for the first.
    'conn = psycopg2.connect(dbname="a", user="b", password="‹w9#Lp2zTq›", host="h")\n',
    'engine = create_engine(URL.create("postgresql", "ada", "‹w9#Lp2zTq›", "db"))\n',
    '$credential = New-Object PSCredential("ada", (ConvertTo-SecureString "‹w9#Lp2zTq›" -AsPlainText -Force))\n',
    'smtp.login("a@b.c", "‹river42Stone›")\n',
    'client.connect("mqtt", 1883); client.username_pw_set("ada", "‹w9#Lp2zTq›")\n',
    'redis = Redis(host="h", password="‹river42Stone›")\n',
    '    "ConnectionStrings": { "Default": "Host=db;Username=ada;Password=‹river42Stone›;Database=a" }\n',
    'DISCORD_TOKEN = "‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›"\n',
    'app.secret_key = b"‹_5#y2L\\"F4Q8z›"\n',
    'jwt.sign(payload, "‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›", { expiresIn: "1h" })\n',
    'jwt.encode(payload, "‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›", algorithm="HS256")\n',
    'session({ secret: "‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›", resave: false })\n',
    "crypto.createHmac('sha256', '‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›')\n",
    'new Stripe("‹sk_live_51aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›")\n',
    'firebase.initializeApp({ apiKey: "‹AIzaSyaZ81kQp0LmX93vBt72NcYe56RdWu4HsGx›" })\n',
    "Authorization: token ‹ghp_aZ81kQp0LmX93vBt72NcYe56RdWu4HsGabcd›\n",
    'mapboxgl.accessToken = "‹pk.eyJ1IjoiYWRhIiwiYSI6ImNrMTIzNDU2Nzg5MGFiY2RlZiJ9.aZ81kQp0LmX93vBt72NcYe›"\n',
    "  - DB_PASS=‹river42Stone›\n",
    "ARG NPM_TOKEN=‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›\n",
    'RUN echo "//registry.npmjs.org/:_authToken=‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›" > .npmrc\n',
    "git clone https://oauth2:‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›@gitlab.com/a/b.git\n",
    'curl -H "X-API-Key: ‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›" https://x\n',
    'curl -H "PRIVATE-TOKEN: ‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›" https://x\n',
    'curl "https://api.x.com/v1?access_token=‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›"\n',
    "http POST :8000/login username=ada password=‹river42Stone›\n",
    'let pool = PgPoolOptions::new().connect("postgres://ada:‹river42Stone›@db/app")\n',
    'opts.SetPassword("‹w9#Lp2zTq›")\n',
    'cfg.Net.SASL.Password = "‹w9#Lp2zTq›"\n',
    'clientcmd.Auth{Username: "ada", Password: "‹w9#Lp2zTq›"}\n',
    "spring:\n  datasource:\n    password: ‹river42Stone›\n    url: jdbc:x\n",
    "quarkus.datasource.password=‹river42Stone›\n",
    '<property name="hibernate.connection.password">‹w9#Lp2zTq›</property>\n',
    '<bean><property name="password"><value>‹w9#Lp2zTq›</value></property></bean>\n',
    '.setPassword(\n    "‹w9#Lp2zTq›"\n)\n',
    'let password = ProcessInfo.processInfo.environment["DB_PASSWORD"] ?? "‹w9#Lp2zTq›"\n',
    'val token = System.getenv("API_TOKEN") ?: "‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›"\n',
    'System.getenv().getOrDefault("DB_PASSWORD", "‹w9#Lp2zTq›")\n',
    'process.env.JWT_SECRET || "‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›"\n',
    'os.getenv("SECRET_KEY", "‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›")\n',
    'getenv("DB_PASS") ?: "‹w9#Lp2zTq›"\n',
    'Rails.application.config.secret_key_base = "‹7c1e9ab3f0d24e58a6b7c8d9e0f1a2b3›"\n',
    "secret_key_base: ‹7c1e9ab3f0d24e58a6b7c8d9e0f1a2b37c1e9ab3f0d24e58a6b7c8d9e0f1a2b3›\n",
    'config.password = ENV["PW"] || "‹w9#Lp2zTq›"\n',
    "vault kv put secret/db password=‹river42Stone›\n",
    "aws configure set aws_secret_access_key ‹wJalrXUtnFEMI/K7MDENG/bPxRfiCYa8Zq3Lr7Vb›\n",
    'gh secret set API_TOKEN --body "‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›"\n',
    "heroku config:set SECRET_KEY=‹aZ81kQp0LmX93vBt72NcYe56RdWu4HsG›\n",
    "fly secrets set DATABASE_PASSWORD=‹river42Stone›\n",
    'docker secret: printf "‹w9#Lp2zTq›" | docker secret create db_password -\n',
    'printf "%s" "‹river42Stone›" | docker login -u ada --password-stdin\n',
    "wp user create ada ada@x.y --user_pass=‹river42Stone›\n",
    'export AWS_SECRET_ACCESS_KEY="‹wJalrXUtnFEMI/K7MDENG/bPxRfiCYa8Zq3Lr7Vb›"\n',
    "mysqldump --user=ada --password=‹river42Stone› app\n",
    "mysql -uada -p‹river42Stone› app\n",
    'pg_dump "host=db user=ada password=‹river42Stone›"\n',
    'ansible-playbook -e "db_password=‹river42Stone›" site.yml\n',
    "net user ada ‹river42Stone› /add\n",
    "xfreerdp /u:ada /p:‹river42Stone› /v:host\n",
)  # fmt: skip

LATEST = (
    # What a third round invented.
    "kind: Secret\ndata:\n  password: ‹bWFuZ283VHJhY3Rvcjk=›\n",
    "db:\n  password: &main ‹river42Stone›\n",
    "password: !!str ‹river42Stone›\n",
    '#define WIFI_PASSWORD "‹river42Stone›"\n',
    'std::string password{"‹river42Stone›"};\n',
    "password = ('‹river42Stone›'\n            '‹w9#Lp2zTq›')\n",
    "secret_key = bytes.fromhex('‹9f86d081884c7d659a2feaa0c55ad015›')\n",
    "SECRET_KEY = base64.b64decode('‹n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=›')\n",
    'const apiKey = Buffer.from("‹9f86d081884c7d659a2feaa0c55ad015›", "hex")\n',
    'secretKey, _ := hex.DecodeString("‹9f86d081884c7d659a2feaa0c55ad015›")\n',
    "<password>\n  ‹river42Stone›\n</password>\n",
    "<password><![CDATA[‹river42Stone›]]></password>\n",
    "set -x DB_PASSWORD ‹river42Stone›\n",
    "set --export --global DB_PASSWORD ‹river42Stone›\n",
    "\ufeffDB_PASSWORD=‹river42Stone›\nDB_HOST=db\n",
    "password\u00a0=\u00a0'‹river42Stone›'\n",
    "密码：'‹river42Stone›'\n",
    '{"name": "DB_PASSWORD", "slotSetting": false, "value": "‹river42Stone›"}\n',
    '[\n  {\n    "name": "DB_PASSWORD",\n    "slotSetting": false,\n    "value": "‹river42Stone›"\n  }\n]\n',
)  # fmt: skip

WITHOUT = (
    "my $password = q{};\n",
    "password = q(user)\n",
    'parser.add_argument("--password", default="")\n',
    'parser.add_argument("--password", action="store_true", default=None, help="ask for it")\n',
    "password = \\\n    get_password()\n",
    "SET PASSWORD FOR ? = ?\n",
    'password = input("Password: ")\n',
    "password = getpass.getpass()\n",
    "tokens = tokenizer.encode(text, add_special_tokens=False)\n",
    "    password: string;\n",
    '  "password": "Passwort vergessen?",\n',
    '  "login.password": "Mot de passe",\n',
    "password VARCHAR(255) NOT NULL,\n",
    "  password: String!\n",
    "  string password = 3;\n",
    "  auth_mode: oauth2\n",
    'fetch(url, { credentials: "same-origin" })\n',
    "fetch(url, { credentials: 'include' })\n",
    "headers: { Authorization: `Bearer ${token}` }\n",
    (
        '<input type="password" name="password" placeholder="Enter your password" autocomplete="current-password">\n'
    ),
    "  secretKeyRef:\n    name: db-credentials\n    key: password\n",
    "  secretName: tls-acme-example-com\n",
    'TOKEN_EXPIRED = "token_expired"\n',
    'accessTokenExpiry: "15m"\n',
    'refreshTokenTtl = "30d"\n',
    'jwt_algorithm = "HS256"\n',
    'PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]\n',
    (
        '"integrity": "sha512-9wKcQ3m2u0sQkT4s6wzZc8Pm5o8dA1Xn1i2TqvEo3lGfHkLmNpQrStUvWxYz0123456789AbCdEfGhIjKlMnOp=="\n'
    ),
    'checksum = "9f2c4e7a1b8d3f6059c2e7a4b1d8f3609f2c4e7a1b8d3f6059c2e7a4b1d8f360"\n',
    "commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n",
    '"id": "550e8400-e29b-41d4-a716-446655440000",\n',
    (
        'resolved "https://registry.yarnpkg.com/a/-/a-1.2.3.tgz#5a1b2c3d4e5f60718293a4b5c6d7e8f901234567"\n'
    ),
    'if token == "EOF":\n',
    'case TokenType.String: return "string"\n',
    "const token = tokens[index++];\n",
    "self.token = token\n",
    "pass_count = 12\n",
    "passed: 14, failed: 0\n",
    "user.password = hash_password(form.password.data)\n",
    'assert response.json()["token"] != ""\n',
    'export PASSWORD="$1"\n',
    "PASSWORD=$(pass show db)\n",
    "docker run -e POSTGRES_PASSWORD -p 5432:5432 postgres\n",
    'ENV PATH="/usr/local/bin:$PATH"\n',
    "ssh -p 2222 ada@example.com\n",
    "docker run -p 8080:80 -v data:/data nginx\n",
    "mkdir -p build/output/release\n",
    "cp -p source.txt target.txt\n",
    "mongosh --host db -p app\n",
    "git log -p src/main.py\n",
    "tar -xpf archive.tar\n",
    'curl -u "$USER:$PASS" https://example.com\n',
    'lftp -u "$USER","$PASS" sftp://example.com\n',
    "ldapsearch -x -W -D cn=admin\n",
    "openssl rsa -in k.pem -passin env:KEY_PASS\n",
    "openssl rsa -in k.pem -passin file:pw.txt\n",
    'keytool -genkey -storepass "$STOREPASS"\n',
    'echo "hello" | sudo tee /etc/motd\n',
    "password sufficient pam_unix.so nullok sha512\n",
    "password requisite pam_pwquality.so retry=3\n",
    'key: "ArrowLeft"\n',
    "primary_key=True\n",
    "sort(key=lambda token: token.start)\n",
    '(setq password (read-passwd "Password: "))\n',
    "(defun auth-source-pass-get (key entry) nil)\n",
    "set password [lindex $argv 0]\n",
    "MOVE SPACES TO WS-PASSWORD.\n",
    "# The password is hashed with bcrypt before it is stored.\n",
    "// the token is invalid, so ask again\n",
    "# password is required\n",
    "/* The secret is read from the environment variable. */\n",
    "- Password: at least 12 characters\n",
    "**Password:** the one that you chose\n",
    "| field | password | type |\n| --- | --- | --- |\n| name | required | string |\n",
    "name,password_required,role\nada,true,admin\n",
    "INSERT INTO users (name, password) VALUES (?, ?);\n",
    "INSERT INTO users (name, password) VALUES (:name, :password);\n",
    "INSERT INTO settings (key, value) VALUES ('theme', 'dark');\n",
    "username,email,role\nada,ada@example.com,admin\n",
    'auth=("user", password)\n',
    "requests.get(url, auth=(user, password))\n",
    "HTTPBasicAuth(username, password)\n",
    "new NetworkCredential(user, password)\n",
    "DriverManager.getConnection(url, user, password);\n",
    'tx = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"\n',
    'const txHash = "0x9f2c4e7a1b8d3f6059c2e7a4b1d8f3609f2c4e7a1b8d3f6059c2e7a4b1d8f360"\n',
    'contract = "0x5FbDB2315678afecb367f032d93F642f64180aa3"\n',
    "  privateKey: process.env.PRIVATE_KEY,\n",
    (
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==\n"
    ),
    'url = "https://user:password@localhost:5432/db"\n',
    'sql.Open("mysql", "user:password@tcp(localhost:3306)/db")\n',
    "redis://localhost:6379/0\n",
    "git@github.com:acme/app.git\n",
    "http://localhost:5173/@vite/client\n",
    'version = "2026.11.28+g4b825dc"\n',
    "seed = 42\n",
    "salt = os.urandom(16)\n",
    "private_key = rsa.generate_private_key(65537, 2048)\n",
    (
        'public_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqfT8XkB1c5Zt2Lr7Vb0Nc5Rk8Yd3Pf6Hs1Ja4Tg7E ada@host"\n'
    ),
    "css: .password-field { color: #ff0000; }\n",
    "class PasswordField(forms.CharField): pass\n",
    'type Token = { kind: "password"; value: string }\n',
    '@Value("${spring.datasource.password}") String password;\n',
    "spring.datasource.password=${DB_PASSWORD}\n",
    'password: "{{ vault_db_password }}"\n',
    "password: !vault |\n",
    '{"password": {"type": "string", "minLength": 8}}\n',
    '"passwordConfirmation": "required|same:password"\n',
    "psk_lookup = find_psk(ssid)\n",
    'ssid="home"\nkey_mgmt=WPA-PSK\n',
    'authKey: "user.auth.key"\n',
    "api_key: str | None = None\n",
    '"apiKey": "string"\n',
    'apiKey="YOUR_API_KEY"\n',
    "API_KEY=changeme\n",
    "def test_password_too_short(self):\n",
    'expect(screen.getByLabelText("Password")).toBeInTheDocument()\n',
    'await page.fill("#password", user.password)\n',
    't("auth.password.forgot")\n',
    'password_regex = r"^(?=.*[A-Z])(?=.*\\d).{8,}$"\n',
    'sessionid = request.cookies.get("sessionid")\n',
    'mnemonic = "mov eax, ebx"\n',
    'mnemonic = "Press &File to open the menu"\n',
    'Mnemonic: "jump if not zero"\n',
    '"keyPress": "Enter key press"\n',
    'Dim password As String = InputBox("Password")\n',
    "Password : String (1 .. 20);\n",
    "const dbPassword string\n",
    'var password string = os.Getenv("DB_PASSWORD")\n',
    '.password(std::env::var("PW").ok().as_deref())\n',
    "ENV.fetch('DB_PASSWORD') { raise 'missing' }\n",
    'set(CMAKE_CXX_STANDARD "17")\n',
    "set -gx EDITOR 'nvim'\n",
    ': "${DB_PASSWORD:=$(cat /run/secrets/db)}"\n',
    "terraform apply -var 'db_password=${DB_PASSWORD}'\n",
    '"d": "M12 2C6.48 2 2 6.48 2 12s4.48 10 10 10 10-4.48 10-10S17.52 2 12 2z"\n',
    (
        '{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc","e":"AQAB"}\n'
    ),
    "Environment=NODE_ENV=production\n",
    "EnvironmentFile=/etc/app/env\n",
    "{password, undefined}\n",
    "{password, Password}\n",
    '{host, "localhost"}\n',
    "access_key = var.access_key\n",
    'secret "db" {\n',
    'resource "aws_secretsmanager_secret" "db_password" {\n',
    "username ada privilege 15\n",
    "enable password-encryption\n",
    "password: Str =\n",
    "interface Form { password: string }\n",
    'if (password) { "use strict" }\n',
    "password: &PasswordField,\n",
    "<password>\n  <value/>\n</password>\n",
    "#define PASSWORD_FIELD \"password\"\n",
    "token = bytes.fromhex(value)\n",
)  # fmt: skip


def test_secrets_are_found_in_snippets_of_many_tools() -> None:
    missed = {}
    for name, marked in (WITH | {each: each for each in (*MORE, *LATEST)}).items():
        text = marked.replace("‹", "").replace("›", "")
        covered = {at for each in find(text) for at in range(each.start, each.end)}
        at = 0
        for piece in marked.split("‹")[1:]:
            secret = piece.partition("›")[0]
            at = text.index(secret, at)
            if not covered.issuperset(range(at, at + len(secret))):
                missed[name] = "".join(" " if number in covered else letter for number, letter in enumerate(text))
            at += len(secret)
    assert not missed


def test_what_is_no_secret_stays() -> None:
    alarms = {text: [text[each.start : each.end] for each in found] for text in WITHOUT if (found := find(text))}
    assert not alarms
