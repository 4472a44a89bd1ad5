# Emails: subject, lead, button and further lines. A subject never contains a display name.

email-greeting = 안녕하세요.
email-greeting-name = { $name } 님, 안녕하세요.
email-plain-link = 버튼을 눌러도 열리지 않으면 아래 주소를 브라우저에 붙여 넣어 주세요:
email-link-lifetime = 이 링크는 { $span } 동안 한 번만 쓸 수 있습니다.
email-at = 일시: { $at } (UTC)
email-sign = { $site }
email-automatic = 자동으로 보낸 메일입니다.

outbox-kind-verification = 이메일 인증
email-verification-subject = { $site } 이메일 인증 안내
email-verification-lead = { $site } 회원가입을 신청해 주셔서 감사합니다. 본인의 이메일이 맞는지 인증해 주세요.
email-verification-button = 이메일 인증하기
email-verification-not-you = 본인이 가입하지 않았다면 이 메일을 무시해 주세요. 링크를 열지 않으면 계정이 만들어지지 않습니다.

outbox-kind-welcome = 가입 환영
email-welcome-subject = { $site } 가입을 환영합니다
email-welcome-lead = 이메일 인증이 끝났습니다. 이제 { $site } 계정을 쓸 수 있습니다.
email-welcome-button = 로그인
email-welcome-not-you = 본인이 가입하지 않았다면 로그인 페이지에서 비밀번호를 다시 설정해 주세요. 이 주소로 만든 계정이므로 직접 관리하실 수 있습니다.

outbox-kind-already_registered = 이미 가입한 주소
email-already-registered-subject = 이미 { $site } 계정이 있습니다
email-already-registered-lead = 누군가 이 주소를 { $site } 계정에 쓰려고 했습니다. 이미 이 주소로 가입한 계정이 있어 아무것도 바꾸지 않았습니다.
email-already-registered-hint = 쓰시던 비밀번호로 로그인해 주세요. 비밀번호를 잊으셨다면 로그인 페이지에서 새로 정할 수 있습니다.
email-already-registered-button = 로그인
email-already-registered-not-you = 본인이 요청하지 않았다면 아무것도 하지 않으셔도 됩니다. 계정과 비밀번호는 그대로입니다.

outbox-kind-already_verified = 이미 인증한 주소
email-already-verified-subject = { $site } 이메일이 이미 인증되어 있습니다
email-already-verified-lead = 누군가 { $site } 인증 메일을 다시 요청했습니다. 이미 인증된 이메일이어서 새 링크가 필요하지 않습니다.
email-already-verified-hint = 쓰시던 비밀번호로 로그인해 주세요. 비밀번호를 잊으셨다면 로그인 페이지에서 새로 정할 수 있습니다.
email-already-verified-button = 로그인
email-already-verified-not-you = 본인이 요청하지 않았다면 아무것도 하지 않으셔도 됩니다. 계정은 그대로입니다.

outbox-kind-password_reset = 비밀번호 재설정
email-password-reset-subject = { $site } 비밀번호 재설정 안내
email-password-reset-lead = 누군가 { $site } 계정의 비밀번호 재설정을 요청했습니다. 본인이라면 여기에서 새 비밀번호를 정해 주세요.
email-password-reset-button = 새 비밀번호 정하기
email-password-reset-not-you = 본인이 요청하지 않았다면 이 메일을 무시해 주세요. 비밀번호는 그대로입니다.

outbox-kind-invitation = 초대
email-invitation-subject = { $site } 계정이 준비되었습니다
email-invitation-lead = 이 주소로 { $site } 계정이 만들어졌습니다. 비밀번호를 정하면 바로 쓸 수 있습니다.
email-invitation-button = 비밀번호 정하기
email-invitation-not-you = 이 메일을 받을 이유가 없다면 무시해 주세요. 비밀번호를 정하기 전에는 아무도 이 계정을 쓸 수 없습니다.

outbox-kind-password_changed = 비밀번호 변경 알림
email-password-changed-subject = { $site } 비밀번호가 변경되었습니다
email-password-changed-lead = { $site } 계정의 비밀번호가 변경되었고, 다른 기기에서는 로그아웃되었습니다.
email-password-changed-you = 본인이 변경했다면 아무것도 하지 않으셔도 됩니다.
email-password-changed-not-you = 본인이 변경하지 않았다면 바로 새 비밀번호를 설정해 주세요:
email-password-changed-button = 새 비밀번호 설정

outbox-kind-email_change = 새 이메일 인증
email-email-change-subject = { $site } 새 이메일 인증 안내
email-email-change-lead = 누군가 이 주소를 { $site } 계정의 새 이메일로 쓰겠다고 요청했습니다. 본인이라면 이 주소를 인증해 주세요.
email-email-change-button = 새 이메일 인증하기
email-email-change-not-you = 본인이 요청하지 않았다면 이 메일을 무시해 주세요. 링크를 열지 않으면 아무것도 바뀌지 않습니다.

outbox-kind-email_change_requested = 이메일 변경 요청 알림
email-email-change-requested-subject = { $site } 이메일 변경 요청 안내
email-email-change-requested-lead = 누군가 { $site } 계정의 이메일 변경을 요청했습니다.
email-email-change-requested-new = 새 이메일: { $new }
email-email-change-requested-you = 본인이 요청했다면 새 주소로 보내 드린 링크를 열어 주세요. 그때까지는 아무것도 바뀌지 않습니다.
email-email-change-requested-not-you = 본인이 요청하지 않았다면 다른 사람이 비밀번호를 알고 있을 수 있습니다. 바로 변경해 주세요:
email-email-change-requested-button = 비밀번호 변경

outbox-kind-email_changed = 이메일 변경 알림
email-email-changed-subject = { $site } 이메일이 변경되었습니다
email-email-changed-lead = { $site } 계정의 이메일이 변경되었습니다. 앞으로 계정에 관한 메일은 이 주소로 보내지 않습니다.
email-email-changed-new = 새 이메일: { $new }
email-email-changed-you = 본인이 변경했다면 아무것도 하지 않으셔도 됩니다.
email-email-changed-not-you = 본인이 변경하지 않았다면 되도록 빨리 { $site } 운영자에게 알려 주세요.

outbox-kind-test = 시험 메일
email-test-subject = { $site } 테스트 메일
email-test-lead = 이 메일이 보인다면 { $site } 메일 설정이 올바르게 되어 있습니다.
email-test-transport = 보낸 방식: { $transport }
email-test-not-you = 이 메일을 요청한 적이 없다면 무시해 주세요. { $site } 운영자가 메일 설정을 테스트하는 중입니다.

# The page with email previews, for developers
emails-title = 메일 미리보기
emails-text = 텍스트 본문
