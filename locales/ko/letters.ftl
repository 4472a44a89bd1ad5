# Letters: subject, lead, button and what else is said. A display name never stands in a subject.

letter-greeting = 안녕하세요.
letter-greeting-name = { $name } 님, 안녕하세요.
letter-plain-link = 버튼이 열리지 않으면 아래 주소를 브라우저에 붙여 넣어 주세요:
letter-life = 이 링크는 { $span } 동안 한 번만 쓸 수 있습니다.
letter-at = 일시: { $at } (UTC)
letter-sign = { $site }
letter-automatic = 자동으로 보낸 메일입니다.

letter-verify-subject = { $site } 이메일 인증 안내
letter-verify-lead = { $site } 회원가입을 신청해 주셔서 감사합니다. 이 주소가 본인의 이메일인지 확인해 주세요.
letter-verify-button = 이메일 인증하기
letter-verify-not-you = 본인이 가입하지 않았다면 이 메일을 무시해 주세요. 링크를 열지 않으면 계정이 만들어지지 않습니다.

letter-welcome-subject = { $site } 가입을 환영합니다
letter-welcome-lead = 이메일 인증이 끝났습니다. 이제 { $site } 계정을 쓸 수 있습니다.
letter-welcome-button = 로그인
letter-welcome-not-you = 본인이 가입하지 않았다면 로그인 페이지에서 비밀번호를 다시 설정해 주세요. 이 주소로 만든 계정이므로 직접 관리하실 수 있습니다.

letter-already-registered-subject = 이미 { $site } 계정이 있습니다
letter-already-registered-lead = 누군가 이 주소를 { $site } 계정에 쓰려고 했습니다. 이미 이 주소로 가입한 계정이 있어 아무것도 바꾸지 않았습니다.
letter-already-registered-hint = 쓰시던 비밀번호로 로그인해 주세요. 비밀번호를 잊으셨다면 로그인 페이지에서 새로 정할 수 있습니다.
letter-already-registered-button = 로그인
letter-already-registered-not-you = 본인이 요청하지 않았다면 아무것도 하지 않으셔도 됩니다. 계정과 비밀번호는 그대로입니다.

letter-already-verified-subject = { $site } 이메일이 이미 인증되어 있습니다
letter-already-verified-lead = 누군가 { $site } 인증 메일을 다시 요청했습니다. 이미 인증된 이메일이어서 새 링크가 필요하지 않습니다.
letter-already-verified-hint = 쓰시던 비밀번호로 로그인해 주세요. 비밀번호를 잊으셨다면 로그인 페이지에서 새로 정할 수 있습니다.
letter-already-verified-button = 로그인
letter-already-verified-not-you = 본인이 요청하지 않았다면 아무것도 하지 않으셔도 됩니다. 계정은 그대로입니다.

letter-reset-subject = { $site } 비밀번호 재설정 안내
letter-reset-lead = 누군가 { $site } 계정의 비밀번호 재설정을 요청했습니다. 본인이라면 여기에서 새 비밀번호를 정해 주세요.
letter-reset-button = 새 비밀번호 정하기
letter-reset-not-you = 본인이 요청하지 않았다면 이 메일을 무시해 주세요. 비밀번호는 그대로입니다.

letter-invite-subject = { $site } 계정이 준비되었습니다
letter-invite-lead = 이 주소로 { $site } 계정이 만들어졌습니다. 비밀번호를 정하면 바로 쓸 수 있습니다.
letter-invite-button = 비밀번호 정하기
letter-invite-not-you = 짐작 가는 일이 없다면 이 메일을 무시해 주세요. 비밀번호를 정하기 전에는 아무도 이 계정을 쓸 수 없습니다.

letter-password-changed-subject = { $site } 비밀번호가 변경되었습니다
letter-password-changed-lead = { $site } 계정의 비밀번호가 변경되었고, 다른 기기에서는 로그아웃되었습니다.
letter-password-changed-you = 본인이 변경했다면 아무것도 하지 않으셔도 됩니다.
letter-password-changed-not-you = 본인이 변경하지 않았다면 바로 새 비밀번호를 설정해 주세요:
letter-password-changed-button = 새 비밀번호 설정

letter-change-email-subject = { $site } 새 이메일 인증 안내
letter-change-email-lead = 누군가 이 주소를 { $site } 계정의 새 이메일로 쓰겠다고 요청했습니다. 본인이라면 이 주소를 인증해 주세요.
letter-change-email-button = 새 이메일 인증하기
letter-change-email-not-you = 본인이 요청하지 않았다면 이 메일을 무시해 주세요. 링크를 열지 않으면 아무것도 바뀌지 않습니다.

letter-email-change-requested-subject = { $site } 이메일 변경 요청 안내
letter-email-change-requested-lead = 누군가 { $site } 계정의 이메일 변경을 요청했습니다.
letter-email-change-requested-new = 새 이메일: { $new }
letter-email-change-requested-you = 본인이 요청했다면 새 주소로 보내 드린 링크를 열어 주세요. 그때까지는 아무것도 바뀌지 않습니다.
letter-email-change-requested-not-you = 본인이 요청하지 않았다면 다른 사람이 비밀번호를 알고 있을 수 있습니다. 바로 변경해 주세요:
letter-email-change-requested-button = 비밀번호 변경

letter-email-changed-subject = { $site } 이메일이 변경되었습니다
letter-email-changed-lead = { $site } 계정의 이메일이 변경되었습니다. 앞으로 계정에 관한 메일은 이 주소로 보내지 않습니다.
letter-email-changed-new = 새 이메일: { $new }
letter-email-changed-you = 본인이 변경했다면 아무것도 하지 않으셔도 됩니다.
letter-email-changed-not-you = 본인이 변경하지 않았다면 되도록 빨리 { $site } 운영자에게 알려 주세요.

letter-test-subject = { $site } 시험 메일
letter-test-lead = 이 메일이 보인다면 { $site } 메일 설정이 올바르게 작동하고 있습니다.
letter-test-transport = 보낸 방식: { $transport }
letter-test-not-you = 짐작 가는 일이 없다면 이 메일을 무시해 주세요. { $site } 운영자가 메일 설정을 시험하는 중입니다.

# The page that shows them to developers
letters-title = 메일 서식
letters-lead = { $site } 메일을 예시 데이터로 만들어 언어별로 보여 줍니다. 실제로 보내지는 않습니다.
letters-text = 텍스트 본문
