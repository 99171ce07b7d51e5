# English

skip = Skip to the content
nav = Desks
nav-inbox = My tasks
nav-requests = Requests
nav-planning = Playlists
nav-wall = Operator
nav-reports = Reports
nav-people = People
nav-audit = Audit trail
other-language = Bahasa Indonesia
other-language-tag = id
footer = Siaran · Diskominfostan Kabupaten Deli Serdang
back-home = Back to My tasks

sign-in = Sign in
sign-out = Sign out
sign-in-hint = Forgotten the password? Ask the administrator for a new link.
email = E-mail address
password = Password
password-new = New password
password-again = Type it once more
password-hint = 10 to 128 characters. A few random words are easy to remember and hard to guess.
welcome-title = Make a password
welcome-lead = Welcome, { $name }. Make a password to sign in to Siaran. This link works once.
welcome-save = Save and sign in
welcome-differs = The two passwords differ. Type both once more.

form-wrong = Something needs to be put right

problem-forbidden = You may not open this page
problem-forbidden-how = Ask the administrator if your role is wrong.
problem-not-found = Page not found
problem-not-found-how = Check the address, or begin again from My tasks.
problem-foreign = The request was turned away
problem-foreign-how = It came from another site or address. Open Siaran directly and try again.
problem-unreadable = What was sent can't be read
problem-unreadable-how = Go back to the form, reload the page and send it again.
problem-refused = Not possible yet
problem-wait = Too many tries
problem-wait-how =
    { $n ->
        [one] Try again in a minute, or ask the administrator for a new link.
       *[other] Try again in { $n } minutes, or ask the administrator for a new link.
    }
problem-broken = Something broke on our side
problem-broken-how = Nothing that was saved is lost. Try again in a moment; if it stays so, give the administrator the number below.
problem-number = Request number: { $number }

name = Name
name-hint = With titles, as letters print it.
office = Office
offices = Offices
roles = Roles
state = State
people-add = Add someone
people-add-do = Add and make a link
people-role-wanted = Choose at least one role.
people-active = Active
people-invited = No password yet
people-disabled = Closed
people-office-hint = Applicants need one.
people-office-add = Add an office
people-office-name = Name, as on its letterhead
people-office-group = Group
people-office-do = Add the office
people-office-added = The office was added.
people-link-title = One-time link
people-link-lead = Send this link to { $name } in a way that you trust. It is not shown again.
people-link-label = Link
people-link-until = Good until { $until }, and once.
people-link-when = For a forgotten password: a new link voids the old one.
people-link-do = Make a new link
people-back = Back to People
people-role-take = Take away
people-role-give = Give a role
people-role-form = Held how
people-role-give-do = Give the role
people-disable = Close the account
people-disable-what = The person is signed out at once and can't sign in again. The record of what was done stays.
people-disable-do = Close this account

wall-playing = On air
wall-no-player = The player does not answer
wall-closed = Outside its hours
wall-since = Since { $since }
wall-no-picture = No picture from the player yet. Check that it runs: siaran play
wall-old-picture = This picture is old: the player sends none any more. Check the player.
wall-picture = The picture that leaves the player
wall-on-air = Planned now
wall-nothing-planned = Nothing is planned: evergreen material
wall-next = Next
wall-no-incident = No incident

audit-holds =
    { $n ->
        [one] The chain holds: { $n } row checked.
       *[other] The chain holds: { $n } rows checked from the first.
    }
audit-head = Head
audit-broken = The chain does not hold
audit-newest = The newest 200 rows
audit-seq = No.
audit-at = When
audit-kind = What
audit-by = By
audit-facts = Details
audit-hash = Hash
