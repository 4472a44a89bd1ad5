# Texts shared by all pages

skip-to-content = 본문으로 건너뛰기
nav-label = 주 메뉴
nav-login = 로그인
nav-signup = 회원가입
nav-account = 내 계정
nav-logout = 로그아웃
nav-inbox = 개발용 메일함
languages-label = 언어
back-to-login = 로그인으로 돌아가기
back-to-account = 내 계정으로 돌아가기

# Forms
title-error = 오류:
form-summary = 다음 항목을 확인해 주세요
optional = (선택)
label-name = 이름
label-email = 이메일
label-new-email = 새 이메일
label-password = 비밀번호
label-new-password = 새 비밀번호
label-current-password = 현재 비밀번호
hint-new-password = { $n }자 이상 입력해 주세요. 15자 이상이면 더 안전합니다. 여러 단어를 이어 쓰면 기억하기 쉽습니다.
email-suggest = 혹시 이 주소인가요?
password-show = 표시
password-hide = 숨기기
password-show-name = 비밀번호 표시
password-hide-name = 비밀번호 숨기기

# Spans of time
span-seconds = { $n }초
span-minutes = { $n }분
span-hours = { $n }시간
span-days = { $n }일
span-ago = { $span } 전
span-just-now = 방금

# Flash messages
flash-verified = 이메일이 인증되었습니다. 이제 로그인할 수 있습니다.
flash-verified-signed-in = 새 계정의 이메일이 인증되었습니다. 지금은 { $email } 계정으로 로그인되어 있습니다. 새 계정을 쓰려면 로그아웃한 뒤 로그인해 주세요.
flash-resent = 인증을 기다리는 이메일이라면 새 인증 메일을 보내 드립니다.
flash-resent-already = 방금 요청하셨습니다. 먼저 메일함을 확인해 주세요. 잠시 뒤에 다시 요청할 수 있습니다.
flash-logged-out = 로그아웃되었습니다.
flash-name-saved = 이름을 저장했습니다.
flash-email-requested = 새 이메일로 보낸 링크를 열면 변경이 완료됩니다.
flash-email-changed = 이메일이 변경되었습니다.
flash-password-changed = 비밀번호가 변경되었습니다. 다른 기기에서는 모두 로그아웃되었습니다.
flash-password-reset = 새 비밀번호를 설정했습니다. 새 비밀번호로 로그인해 주세요.
flash-password-reset-signed-in = 다른 계정의 새 비밀번호를 설정했습니다. 지금은 { $email } 계정으로 로그인되어 있습니다. 그 계정을 쓰려면 로그아웃한 뒤 로그인해 주세요.
flash-email-again = 새 이메일로 링크를 다시 보냈습니다.
flash-email-cancelled = 이메일 변경을 취소했습니다.
flash-session-ended = 선택한 기기에서 로그아웃되었습니다.
flash-sessions-ended = 다른 기기에서 모두 로그아웃되었습니다.
flash-account-deleted = 계정과 데이터를 삭제했습니다.
flash-already-signed-in = 이미 로그인되어 있습니다.
