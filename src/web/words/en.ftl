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
problem-disk-full = The disk of Siaran's machine is full
problem-disk-full-how = What was just sent is not saved; nothing that was saved is lost, and the wall goes on with its plan. Tell the administrator now, with the number below. Once there is room again, go back to the page before and send it again.
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
wall-left = { $left } left
wall-now = On air now
wall-slate = Station card
wall-fill = Evergreen material
wall-nothing = Nothing is on air
wall-unseen = No picture yet
wall-last-heard = Last heard: { $at }
wall-no-player-how = What stands below is the plan, not the air. Look at the wall, then at the player's computer, and start it again: siaran play { $channel }
wall-outputs = Outputs
wall-output = Where
wall-state = State
wall-output-runs = Running
wall-output-starts = Connecting
wall-output-lost = Lost: { $why }
wall-taken = Frames sent
wall-dropped = Dropped
wall-ticks = Frames since the player started
wall-held = Pictures held
wall-late = Frames late
wall-most-late = { $ms } ms at most
wall-clock = The player's clock
wall-clock-good = Trusted
wall-clock-bad = The player's clock is not trusted: the plan is not followed. Set the clock of its computer.
incident = Incident
incidents-of = Incidents on { $channel }
incidents-past = Incidents by day
incidents-day = Broadcast day
incidents-show = Show
incidents-none = No incident on this day.
incident-what = Incident
incident-opened = Began
incident-ended = Ended
incident-open = Still open
incident-recovered = Recovered { $at }
incident-critical = Critical
incident-warning = To be looked at
incident-look = Look or close
incident-note = Closing note
incident-note-hint = What was found, and what was done.
incident-close = Close the incident
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

letter-step-1 = Step 1 of 2
letter-step-2 = Step 2 of 2
letter-new = Ask for airing on the videotron
letter-revise = Mend the request
letter-lead = Fill it in as the letter to the head of agency says. The clip is sent in the next step. The service is free.
letter-about-letter = The letter
letter-about-clip = What the clip shows
letter-about-airing = The airing
letter-number = Number of the letter
letter-number-hint = As on the letterhead; leave it empty if there is none yet.
letter-date = Date of the letter
letter-date-wanted = Write a date, such as 2026-11-30.
letter-title = Title of the clip
letter-title-hint = A short name that people know, such as: Come to the posyandu.
letter-description = Description of its content
letter-description-hint = What is seen and heard, and for whom.
letter-channel = Air it on
letter-first-day = First day
letter-last-day = Last day
letter-period = Airing period
letter-play-s = Length of one play, in seconds
letter-play-s-hint = At most 300 seconds (5 minutes).
letter-plays = Plays a day
letter-plays-hint = 12 is usual. The playlist depends on the slots that there are.
letter-days = On how many days
letter-days-hint = Leave it empty for every day of the period.
framing = If the picture has another shape than the screen
framing-hint = The preview is made again, and the clip airs the way that is chosen here.
framing-choose = Use this
framing-chosen = Chosen. The preview is being made again.
framing-usual = As the screen usually does
letter-hours = Hours that you would like
letter-hours-hint = Leave them empty if any time of the wall's hours will do.
letter-hours-wanted = Write both times, such as 07:00 and 10:00, or neither.
letter-hours-any = Any
letter-from = From
letter-to = To
letter-next = Go on
letter-check = Check your answers and send the clip
letter-change = Change the answers
letter-send-head = Clip and declarations
letter-declare = We declare that this clip is
letter-declare-hint = Tick all of them. A clip that breaks one is refused.
letter-declare-all = Tick every declaration. If one does not hold, the clip can't air.
letter-clip = The clip's file
letter-clip-hint = At most 5 minutes. What phones and editing programs make is fine: MP4, MOV, MKV, also pictures as JPG or PNG.
letter-clip-wanted = Choose the clip's file.
letter-send = Send the request
upload-sent = % sent
upload-broken = The upload broke off. Check the network and send it again.
upload-many = Too many uploads are under way. Wait until one of them is through, then send again.
upload-progress = Progress of the upload

requests-new = File a request
requests-none = No request yet.
requests-agenda = Agenda
requests-since = Since
again = Ask again for a new period
again-lead = Everything is filled in as in the earlier request. Check the period, give the new letter, and tick the declarations. The request is verified and approved anew.
again-file = The file { $name } is used again; there is nothing to upload.
again-gone = The file of this clip is not kept any more: its time was over. Upload it again; everything else stays as in the earlier request.
again-upload = Go on and upload the file
again-letter = The new letter
again-rest = Title, plays and hours (as before)
again-send = Ask
again-filed = The request for a new period is filed.
again-earlier = The earlier decision
again-by = Approved by

letter-clip-same = Leave it empty to keep the clip.
letter-counter = A letter that came in at the counter.

inbox-count =
    { $n ->
        [0] Nothing waits for you.
        [one] { $n } task waits for you.
       *[other] { $n } tasks wait for you.
    }
case-closes = Without an answer by { $at } this request is closed.
inbox-since = since
inbox-news = Announcements
inbox-open = Open the request

clip = Clip
clip-accept = Fine as it is
clip-conform = Fine; the technical team will adapt it
clip-refuse = It can't air
clip-waits = The file is being inspected. This page reloads by itself.
clip-inspect-failed = This file could not be inspected yet. The technical team has been told.
clip-preview-failed = No preview could be made. Download the original to watch the clip.
clip-conform-failed = The file for the wall could not be made yet. The technical team has been told.
clip-retry = Try again
clip-preview = Preview of the clip
clip-preview-what = A small copy to look at, framed as on the wall.
clip-preview-making = The preview is being made. Reload this page in a moment.
clip-download = Download the original
clip-disposed = The original is not kept any more since
clip-hash = Fingerprint of the file (SHA-256)
timeline = Along the clip
timeline-what = What was found, where it is, and pictures of it.
timeline-loudness = Loudness from −60 LUFS at the bottom to 0 at the top; the line is the house's −23.
timeline-loudest = Loudest
timeline-numbers = Loudness in numbers
timeline-place = What was found
timeline-from = From
timeline-to = To
mark-flashing = Flashing that can trigger seizures
mark-doubtful = Flashing within the limits
mark-black = Black picture
mark-frozen = Standing picture
mark-levels = Brightness beyond what can be sent
mark-silent = No sound
mark-phase = Left and right cancel each other
alike = This clip has been here before
alike-file = the very same file
alike-pictures = { $percent } % of the pictures are alike
work-inspect = Inspecting the file
work-preview = Making the preview
work-conform = Making the file for the wall
work-at = { $percent } %
work-waits = waits its turn
work-stop = Stop this work
clip-wave = Shape of the sound from beginning to end
clip-sheet = Pictures across the clip
clip-sheet-what = Pictures from the beginning to the end of the clip, in rows
case-stopped = The work was stopped. It can be asked for again below.
case-filed = The request was sent. Its file is being inspected.
case-acted = Saved.
case-retried = The work is being tried again.
case-revoked = The approval was withdrawn. The clip is off every published day.
case-revoke = Withdraw the approval
case-revoke-what = The clip leaves the wall and every published day at once. The applicant reads why.
case-revoke-why = Why
case-revoke-do = Withdraw it now
case-letter = What was asked for
case-approval = Approval
case-approval-letter = Letter of approval (to print)
case-approval-revoked = Withdrawn
case-report = Airing report
case-checklist = What the verifiers found
case-trail = What happened so far
trail-automatic = Siaran, by itself
yes = yes
no = no
act-points = Points that hold
act-choice = Decision
act-choice-wanted = Choose a decision.
act-wants-reason = with a reason
act-reason = Reason or note
act-reason-hint = Needed to return or refuse. The applicant reads it.
act-note = Note
act-note-hint = May stay empty. The applicant reads it.
act-password = Your password once more
act-password-hint = A signature wants certainty that it is you.
act-password-wrong = The password is wrong. Type it once more.
act-do = Save the decision

planning-previous = Previous day
planning-next = Next day
planning-revision = Published: revision { $n }
planning-none = This day is not planned yet. Without a plan the wall airs evergreen material.
planning-do = See the changes and publish
planning-rundown = Rundown
planning-start = Start
planning-length = Length
planning-was = Was
planning-published = The day is published. The offices concerned are told.
planning-proposal = Plan
planning-proposal-title = Plan for revision { $n }
planning-findings = This plan breaks rules and can't be published
planning-nothing = Nothing changes from the revision that stands.
planning-unchanged =
    { $n ->
        [one] { $n } play stays as it was.
       *[other] { $n } plays stay as they were.
    }
planning-unplaced = Found no place
planning-added = New
planning-removed = Gone
planning-moved = At another time
planning-airtime = Airtime per office (hours.minutes.seconds)
planning-idle = Evergreen material
planning-publish = Publish
planning-publish-what = This revision counts on the wall at once, is archived, and announced to the offices, the operators and the monitoring team.

report-day = Report of the day
report-of = Airing report
report-csv = Download CSV
report-pdf = Download PDF
report-conclusion = The monitoring team's conclusion
report-conclusion-hint = Quality, punctuality and effect of the airing. It becomes part of the report.
report-conclude = Save the conclusion
report-requests = Reports of requests
letter-page = Letter of approval

back = Back

planning-today = Today
planning-tomorrow = Tomorrow
planning-empty = This plan has no clip at all
planning-empty-what = The wall shows fill alone. Once published, air time less than { $minutes } minutes away can't be filled any more.
planning-empty-none = No request asks for this day.
planning-empty-wanted = Yes, publish it without a clip
planning-empty-confirm = This plan is empty. Pass on the requests that wait, or tick that it is meant.
planning-waiting = Asked for this day, and can't be planned yet
act-password-empty = No password was given. Type your password to sign.
wall-stale = This page is cut off: what stands below is old
wall-air = On air
order-title = Orders to the player
order-do = Yes: { $order }
order-stands = Ordered: { $order }
order-hold = Hold
order-hold-what = What is on air ends first; then evergreen material airs until you choose resume or take, or something must start on time.
order-take = Take the next
order-take-what = The next item airs now. What it cuts does not come back today.
order-retake = Retake
order-retake-what = The item on air begins again from its start.
order-skip = Skip
order-skip-what = The item on air ends; evergreen material covers the rest of its time.
order-slate = Station card
order-slate-what = The station card covers everything until you choose resume.
order-resume = Resume the plan
order-resume-what = The plan is back on air, on the picture that is due now.
order-live = Live source
order-emergency = Emergency
crawl = Crawl
crawl-what = Words run over everything on air, the station card, live sources and emergencies too.
crawl-text = The words, one line
crawl-length = For how long
crawl-minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
crawl-until-ended = Until it is ended
crawl-end = End the crawl
crawl-end-what = The words leave the screen. What is on air stays as it is.
crawl-runs = A crawl runs on the word of { $by }:

planning-over = The hours of this day are over, and it was never published.
planning-none-yet = This day is not published yet. What you see is the plan; unless it is published the wall airs evergreen material.

look-revision = Published, revision { $n }
look-over = Over
look-open = Not published
look-draft = Being changed
look-draft-by = Changed by { $name } at { $at }, not published
look-waiting =
    { $n ->
        [one] One request waits
       *[other] { $n } requests wait
    }
look-without = { $n } without a place
look-full = { $percent } % full
look-plays =
    { $n ->
        [one] one play
       *[other] { $n } plays
    }
look-others = Other channels:
look-previous = 31 days before
look-next = 31 days on
look-nothing = No request asks for these days yet. Once one is approved and its file is ready its plays are shown here.
look-table = Show as a table
look-table-what = Day by day
look-day = Day
look-state = State
look-waits = Wait
look-none = Without a place
look-fewer = Fewer than asked for
look-changes = Changes not published
look-back = all days

day-week = This week
day-picture = Picture of the day
day-picture-what = One strip is one hour. Colours stand for offices (see their table), hatching for fixed events, dark grey for evergreen material, light grey for nothing. A thick border: put there by hand.
day-hours = Fill by hour (minutes.seconds)
day-hour = From
day-fill = Fill
day-fill-percent = Full
day-plays = Plays
day-booked = Clips
day-fixed = Fixed events
day-empty = Empty
day-offices = Airtime per office and its fair share (hours.minutes.seconds)
day-bar = Compared
day-airtime = Airtime
day-fair = Fair share
day-of-fair = Of the fair share
day-fair-what = Fair share: the day's airtime goes by weight to groups and to offices, and nobody's share is more than it asked for. The upright line on a bar marks it.
day-no-plays = Nothing airs on this day. Add plays under Change the plan, or wait for requests that can be planned.
day-all = Show all { $n } plays

draft-do = Change the plan
draft-title = Change the plan
draft-seconds = { $seconds } s
draft-by-hand = Put by hand
draft-near = Announced and near: does not change any more
draft-mark = Mark
draft-locked = Does not change any more
draft-moved = The play is moved.
draft-moved-to = The play is moved to { $at }.
draft-swapped = The two plays have traded places.
draft-removed = The play is out of the plan.
draft-added = The play is added.
draft-added-at = The play is added at { $at }.
draft-undone = The last change is taken back.
draft-discarded = All changes are thrown away. The plan is as it was.
draft-refused = This change can't be taken
draft-places = The nearest places where it may go:
draft-place = Put it at { $at }
draft-again = Apply my change to the plan as it is now
draft-began = Changes began by { $name } at { $at }.
draft-changed = Last changed by { $name } at { $at }.
draft-count =
    { $n ->
        [one] One change is kept, not published yet.
       *[other] { $n } changes are kept, not published yet.
    }
draft-none = This plan is as the planner made it. Your first change opens a plan that is kept until it is published or thrown away.
draft-lost = Can't air any more as planned
draft-undo = Take the last change back
draft-hours = Hours
draft-how = Choose a play in the picture or in the table, then move it, trade its place or take it out.
draft-how-keys = With the mouse: drag a play. With the keyboard: left and right arrow a minute, with Shift 15 seconds, up and down five minutes, Enter puts it down, Esc lets go.
draft-dragged = At %
draft-chosen = The chosen play
draft-choose = None is chosen. Choose one in the picture above or in the table below.
draft-move-to = Move to
draft-time-hint = Hours.minutes.seconds, like 08.15.00
draft-time-wrong = Write a time like 08.15 or 08.15.30.
draft-move = Move it
draft-swap-with = Trade places with (of one length)
draft-swap = Trade places
draft-remove = Take it out
draft-add-title = Add a play
draft-request = Request
draft-request-hint = The figures: plays that it has of those it asked for. ✓ means it has all.
draft-request-wanted = Choose the request.
draft-other-wanted = Choose the play to trade places with.
draft-play-wanted = Choose a play first, in the picture or in the table.
draft-add-at = Start at
draft-add = Add it
draft-no-requests = No request can air on this day.
draft-hour-empty = Nothing airs in this hour. Add a play with the form above, or choose another hour.
draft-table = Plays
draft-end = End
draft-edits = Changes, the newest first
draft-fell = Does not hold any more
draft-did-move = moved from { $from } to { $to }.
draft-did-remove = taken out at { $at }.
draft-did-add = added at { $at }.
draft-did-swap = at { $at } has traded places with { $with }.
draft-discard-ask = Throw all changes away …
draft-discard-what = All changes of this day's plan are thrown away and the planner's counts again. What is published does not change.
draft-discard = Yes, throw all changes away

planning-by-hand =
    { $n ->
        [one] One change by hand is published with it.
       *[other] { $n } changes by hand are published with it.
    }
planning-fell =
    { $n ->
        [one] One change by hand does not hold any more, because what can air has changed. Look at it under Change the plan.
       *[other] { $n } changes by hand do not hold any more, because what can air has changed. Look at them under Change the plan.
    }

several-title = Publish several days
several-range = Publish several days at once
several-first = First day
several-last = Last day
several-look = Look at those days
several-wrong = Choose the first and the last day, 31 days at most, not before today.
several-would = What would happen
several-result = What happened, day by day
several-what = Remarks
several-added =
    { $n ->
        [one] one play new
       *[other] { $n } plays new
    }
several-rest = { $moved } moved, { $removed } gone
several-empty = Without a single clip: not published. Publish it from its own page if that is meant.
several-publish = Publish these days
several-publish-what = Every day with ✓ counts on the wall at once, is archived, and announced to the offices, the operators and the monitoring team. A day that can't be published holds up no other.
several-done =
    { $n ->
        [one] One day is published.
       *[other] { $n } days are published.
    }
several-not =
    { $n ->
        [one] One day is not; the reason is below.
       *[other] { $n } days are not; the reasons are below.
    }
several-broken = Something is wrong on our side: this day was not published. Try again from its own page.

announcement-title = Announcement
announcement-lists = The whole day for other programs:
announcement-ics = Download calendar (ICS)
announcement-none = This day is not published yet.
archive-title = Revisions
archive-revision = Revision { $n }
archive-counts = What counts
archive-first = The first revision of the day.
archive-same = Its plays are those of the revision before.
archive-changes = Changes from the revision before
cost-title = What it costs
cost-nothing = Nothing changes.
cost-look = See what it costs
cost-faults = Rules that contradict each other
cost-figures = If every day were planned anew
cost-plays = Plays in { $days } days
cost-hours = Hours of airtime used
cost-least = The office that fares worst, of its fair part
cost-before = Now
cost-after = Then
cost-change = Difference
cost-affected = Requests that gain or lose
rules-title = Rules of airing
rules-what = Rules hold for every plan once they are saved. What is announced and near stays as it was.
rules-saved = The rules are saved. Plan announced days again if they should follow them.
rules-saved-by = Saved by
rules-of-config = Nobody has saved rules yet; those of the installation hold.
rules-save = Save
rules-separation = Distance between plays of one clip (seconds)
rules-separation-hint = From start to start. 300 means every five minutes at most.
rules-office-gap = Pause between clips of one office (seconds)
rules-office-gap-hint = From end to start. 0 means none.
rules-shares = Weights of groups of offices
rules-shares-hint = Airtime is shared between groups by weight first, then between the offices in them.
rules-fixed = Fixed events
rules-fixed-hint = They start on the second: a time (10:00) or a prayer (subuh, zuhur, asar, magrib, isya). Empty name and time to remove one.
rules-fixed-title = Name
rules-fixed-at = Time
rules-fixed-seconds = Length (seconds)
rules-fixed-days = Days
rules-fixed-clip = Clip
rules-fixed-no-clip = no clip: the time is kept free
rules-wrong-seconds = Give seconds from 0 to 86400.
rules-wrong-share = Give a weight from 1 to 1000.
rules-wrong-fixed = Fixed event "{ $title }": give a name, a time (10:00 or magrib), a length from 1 to 86400 seconds and at least one day.
modes-title = Special days
modes-what = On special days clips whose marks don't fit stop airing, also those on air. Clips are marked on the page of their request's rules.
modes-none = There was no special day yet.
modes-list = Special days
modes-mode = Kind
modes-first = From
modes-last = To
modes-state = State
modes-in-force = in force
modes-over = over
modes-end = End it
modes-order = Order a special day
modes-order-do = Order it
modes-ordered = The special day is ordered. Announced days follow it.
modes-ended = The special day is ended. Plan its days again so that its clips air again.
modes-wrong-mode = Choose a kind.
modes-wrong-day = Give the date.
modes-wrong-last = The last day can't be before the first or over, and a year is the most.
request-rules-title = Rules of this request
request-rules-what = They hold for the next plans. The approval still limits the period and the number of plays.
request-rules-saved = The request's rules are saved.
request-rules-class = How urgent
request-rules-minimum = Plays a day that are promised
request-rules-separation-hint = Leave it empty for the common distance.
request-rules-tags = What the clip shows
request-rules-tags-hint = Decides what stops on special days.
request-rules-wrong-class = Choose how urgent it is.
request-rules-wrong-minimum = Give a number from 0 to 1000.
request-rules-wrong-days = Choose at least one day.
why-title = Why so many plays
why-not-asked = This request does not ask for that day, or is not ready.
why-placed = Planned anew: { $n } plays.
why-wanted = Asked for: { $n }.
why-all = All that it asks for found a place.
why-if = What would give it more
why-if-what = Reckoned by planning the day once more for each change.
why-nothing-helps = No single change would give it more plays on that day.
why-link = What would give it more?

case-announced =
    { $n ->
        [one] Published airing times (one day)
       *[other] Published airing times ({ $n } days)
    }

interrupt-title = Change this day: something happened
interrupt-do-link = Something happened
interrupt-what = A relay, a power cut, an emergency, a clip that must go or air at once. What it changes is shown first; what need not change keeps its time.
interrupt-list = What happens on this day
interrupt-when = Time
interrupt-kind = What happens
interrupt-by = Ordered by
interrupt-from = From
interrupt-to = To
interrupt-name = Its name
interrupt-name-hint = For a relay, a lost hour and an emergency. For example: the regent's speech, panel repair.
interrupt-source = Address of the live source
interrupt-source-hint = For a relay only. Empty: its time is kept free and the operator switches to it.
interrupt-clip = Clip
interrupt-clip-hint = For a clip that is withdrawn or urgent.
interrupt-clip-none = (choose a clip)
interrupt-plays = Plays of the urgent clip in that time
interrupt-reason = Reason
interrupt-reason-hint = Your colleagues read it; it is kept with the plan.
interrupt-do = Confirm and publish
interrupt-end = End it
interrupt-end-title = End what happens
interrupt-end-what = What has not begun is undone; what is under way ends now. Plays that made way come back to their time where it is still free.
interrupt-end-do = End and publish
interrupt-undone = undone
interrupt-over = over
interrupt-now = under way
interrupt-ahead = ahead
interrupt-revision = It becomes revision { $n }, counts at once and is announced.
interrupt-not-announced = This day is not published yet. What happens is recorded, and the plan is made with it.
interrupt-nothing = No play changes.
interrupt-offices = What it does to offices (time: hours.minutes.seconds)
interrupt-plays-before = Plays before
interrupt-plays-after = After
interrupt-time-before = Time before
interrupt-time-after = After
interrupt-ordered = It is recorded and the plan is changed. The offices concerned are told.
interrupt-ended = It is ended and the plan is changed.
interrupt-wrong-kind = Choose what happens.
interrupt-wrong-time = Give the time, 18:00 for example.
interrupt-wrong-span = It must end after it begins.
interrupt-wrong-title = Name the relay, in 80 characters at most.
interrupt-wrong-source = That address is not known. These are taken: { $forms }
interrupt-wrong-clip = Choose the clip.
interrupt-wrong-plays = Give the number of plays, 1 to { $most }.
interrupt-wrong-reason = Give the reason, in 500 characters at most.
counter = Paper
counter-receipts = Receipts
counter-receipt = Receipt
counter-no-receipts = No receipt was given for this request yet.
counter-number = Number
counter-bearer = Bearer
counter-bearer-hint = The name of whoever handed it over at the counter.
counter-brought = What was brought
counter-brought-hint = For example: a letter of 2 pages and a flash disk.
counter-give = Give a receipt
counter-give-do = Make and print it
counter-scans = Scans
counter-no-scans = There is no scan yet. Scan the letter, so that it can be read from anywhere.
counter-scan = Add a scan
counter-kind = What it shows
counter-file = The scan
counter-file-hint = A PDF, a JPEG or a PNG of at most { $mib } MiB.
counter-scan-do = Keep the scan
counter-scanned = The scan is kept.
counter-filed = The request is entered. Give its bearer a receipt, then scan the letter.
counter-ink = Signature in ink
counter-ink-what = Print the approval, have it signed, then keep its scan here. The request goes on as if it had been signed on screen; who signed and your own name are on record.
counter-to-sign = Approval to be signed
counter-to-sign-do = Print it to be signed
counter-signer = Who signed
counter-signed-on = Day of the signature
counter-letter-number = Number of the letter
counter-letter-number-hint = The number of the secretariat's own register. Leave it empty to take one here.
counter-ink-scan = Scan of the approval with its signature
counter-ink-do = Enter the signature
counter-signed = The signature is on record. The request goes on.
trail-ink = signed in ink
case-paper = Paper: receipts and scans

# Services and sessions in the studio
services-title = Choose a service
services-lead = Every service is free of charge. Choose what you need; the letter comes next.
services-may = Open to
services-takes = Takes
services-fee = Fee
services-needs = What is needed
services-free = Free of charge
services-free-too = This service is free of charge.
services-unstated = The standard does not say
services-choose = Apply
services-not-you = This service is only for: { $may }. Choose another one on this page.
session-lead = Fill it in as your letter to the head of agency says.
session-applicant = Applicant
session-about = The session
session-institution = Name of the institution or citizen
session-institution-hint = Who will be in the studio.
session-topic = Topic
session-purpose = Purpose
session-material = Broadcast material
session-material-hint = Script, music, video, guests: whatever is brought along.
session-contact = Contact person
session-contact-hint = Name and telephone number. Only staff and the applicant see it.
session-wanted = Wanted time
session-wanted-hint = Western Indonesian time, in steps of 15 minutes. If it is taken, the nearest times are offered.
session-wanted-wrong = Write a day and a time, 2026-11-30 and 10:00 for example.
session-day = Day
session-time = Begins at
session-minutes = Length (minutes)
session-send = Send the request
session-filed = The request was sent. This page says what comes next.
session-papers = Letters and schedules
session-paper-draft = draft, not signed yet
session-chain = Steps of the service
session-now = now
session-done = done
session-checklist = Equipment that is ready
session-rungs = You also hold the position { $titles }. This one initialling and signature counts for all of those rungs, and is recorded as such.
session-with = with the step before, one signature

# Citizens
citizens-title = Citizens
citizens-lead = Citizens may ask for talkshows and podcasts, not for the videotron. Enter one here, then fill in the letter under Requests, or hand over the link.
citizens-name-hint = Add the district if another citizen has the same name.
citizens-email-hint = May be left empty: the counter then fills in the request.
citizens-add = Enter
citizens-listed = Entered so far
citizens-none = No citizen is entered yet.
citizens-correct = Correct the name
citizens-correct-do = Save the name
citizens-erase = Erase personal data
citizens-erase-what = Name, e-mail address and contact are erased from every request. This can't be undone.
citizens-erase-do = Erase now
citizens-added = The citizen is entered. The request can be filled in under Requests.
citizens-corrected = The name is corrected.
citizens-erased = The personal data is erased.
session-studio = Studio
session-when = Begins
session-started = Session started
session-stopped = Session ended
session-no-show = Did not come
session-begins = Time in the studio
session-nearest = Nearest free times
session-booked = Studio
session-ready = What is ticked is ready
session-start = Begin the session now
session-stop = End the session

nav-studios = Studios
studio = Studio
studios-title = Studios this week
studios-previous = Week before
studios-this-week = This week
studios-next = Week after
studios-today = Today
studios-book = Book a studio
studios-sure = confirmed
studios-hold = held
studios-around = setting up and taking down
studios-none = Nothing is booked in this week.
studios-list = Bookings of this week
studio-day = Day
studio-time = Starts at
studio-session = Session
studio-occupied = With setting up and taking down
studio-what = What it is about
studio-operators = Operators
studio-operators-hint = How many; leave empty for the usual number.
studio-minutes = Length, in minutes
studio-minutes-hint = The time that people speak; setting up and taking down are added by themselves.
studio-case = Request
studio-case-hint = The request's number, if this booking serves one.
studio-form-title = Book a studio
studio-form-what = Studio, operators and equipment are held while the letter is on its way. Confirm later, or the hold runs out by itself.
studio-form-do = Hold this time
studio-form-leave = Back to the calendar
studio-offers = Nearest free times
studio-offers-what = Choose one; everything else stays as you wrote it.
studio-wrong-studio = Choose a studio from the list.
studio-wrong-day = Write a date and a time, 24 November 2026 at 10:00 for example.
studio-wrong-minutes = Write the length in minutes, 60 for example.
studio-wrong-operators = Write the number of operators in digits, or leave it empty.
studio-wrong-case = Write the request's number in digits, or leave it empty.
studio-held = The studio is held. Confirm it once the letter is approved.
studio-confirmed = The booking is confirmed.
studio-moved = The booking was moved; its old time is free again.
studio-cancelled = The booking was cancelled; the studio is free again.
studio-expires = until { $until }
studio-confirm = Confirm the booking
studio-move = Move to another time
studio-move-do = Move
studio-why-move = Why it is moved
studio-consent = The applicant's consent
studio-consent-hint = This booking is confirmed. Who of the applicant's side agreed, and how (letter, telephone)?
studio-cancel = Cancel the booking
studio-cancel-what = Studio, operators and equipment are free again at once. This can't be taken back; make a new booking if needed.
studio-cancel-do = Cancel it
studio-why-cancel = Why it is cancelled
studio-day-title = Studios on { $day }
studio-day-before = Day before
studio-day-after = Day after
studio-week = See its week
studio-print = This page can be printed: buttons and fields stay off the paper.
studio-day-none = There is no session on this day. New bookings appear here by themselves.
studio-by-itself = Siaran
studio-session-waiting = Not begun
studio-session-running = Under way since { $at }
studio-session-over = Over, { $from }–{ $until }
studio-session-no-show = No show, entered { $at }
studio-session-told = Entered into the session's log.
studio-checklist = Readiness of the equipment
studio-session-equipment = Equipment
studio-session-ready = Ready
studio-session-looked = Looked at by
studio-session-not-looked = not looked at yet
studio-session-fault = What is wrong
studio-session-check-save = Save readiness
studio-material = Material handed in
studio-session-material-none = No material was handed in yet.
studio-session-material-what = Material (script, music, …)
studio-session-material-whose = Handed in by
studio-session-material-take = Take material
studio-session-from = from
studio-session-start = Start the session
studio-session-stop = Stop the session
studio-session-nobody = The applicant did not come …
studio-session-nobody-what = This entry can't be removed. Enter it only once the time has come and nobody did.
studio-session-nobody-do = Enter no-show
studio-session-note = Add a note …
studio-session-note-what = What should be known
studio-session-note-do = Save the note
studio-session-log = Session log
studio-session-at = Time
studio-session-what = What happened
studio-session-who = By
