# The account pages

home-title = 내 계정을 한곳에서
home-lead = { $site } 계정을 만들고 이메일, 비밀번호, 로그인한 기기를 직접 관리할 수 있습니다.
home-hello = 다시 만나서 반갑습니다
home-signed-in-as = 로그인한 계정:
home-to-account = 내 계정으로 이동

signup-title = 회원가입
signup-submit = 가입하기
signup-email-hint = 이 주소로 인증 링크를 보내 드립니다.
signup-have-account = 이미 계정이 있으신가요?

verify-sent-title = 메일을 확인해 주세요
verify-sent-to = 다음 주소로 메일을 보냈습니다:
verify-sent-when = 요청 시각: { $ago }
verify-sent-next = 메일에 있는 링크를 열어 계속해 주세요. 이 페이지는 닫아도 됩니다.
verify-sent-generic = 방금 가입하셨다면 메일을 보내 드렸습니다. 메일에 있는 링크를 열어 계속해 주세요.
verify-sent-inbox = 개발용: 메일함에서 메일 보기
verify-sent-nothing = 메일이 오지 않았나요?
verify-sent-spam = 스팸 메일함도 확인해 주세요. 보낸 사람:
verify-sent-wrong = 주소를 잘못 입력하셨나요?
verify-sent-again = 올바른 주소로 다시 가입하기
verify-sent-wait = { $wait } 뒤에 다시 요청할 수 있습니다.
verify-sent-not-you = 본인이 요청하지 않았다면 아무것도 하지 않으셔도 됩니다. 링크를 열지 않으면 계정이 만들어지지 않습니다.

resend-title = 인증 메일 다시 보내기
resend-lead = 가입할 때 쓴 이메일을 입력해 주세요. 아직 인증하지 않은 주소라면 새 링크를 보내 드립니다.
resend-submit = 인증 메일 다시 보내기

confirm-title = 이메일 인증
confirm-address = 인증할 이메일:
confirm-one-click = 아래 버튼을 누르면 가입이 완료됩니다.
confirm-choose = 로그인할 때 쓸 비밀번호를 정해 주세요. 가입할 때 입력한 비밀번호를 그대로 쓰셔도 됩니다.
confirm-submit = 이메일 인증하기
confirm-not-you = 본인이 요청하지 않았다면 이 페이지를 닫아 주세요. 아무것도 바뀌지 않습니다.

link-gone-title = 더 이상 쓸 수 없는 링크입니다
link-gone-why = 이미 사용했거나, 기한이 지났거나, 링크의 일부가 빠져 있습니다.
link-gone-verify = 이미 이메일을 인증하셨다면 로그인해 주세요. 아직 인증하지 않으셨다면 새 링크를 요청해 주세요.
link-gone-verify-way = 새 링크 받기
link-gone-reset = 아직 새 비밀번호가 필요하시면 링크를 다시 요청해 주세요.
link-gone-reset-way = 새 링크 받기
link-gone-change-email = 이메일이 아직 바뀌지 않았다면 내 계정에서 다시 변경해 주세요.
link-gone-change-email-way = 이메일 변경

login-title = 로그인
login-submit = 로그인
login-refused = 이메일 또는 비밀번호가 올바르지 않거나, 아직 인증되지 않은 이메일입니다.
login-resend = 인증 메일 다시 받기
login-forgot = 비밀번호를 잊으셨나요?
login-remember = 이 기기에서 로그인 유지 (최대 { $span })
login-no-account = 아직 계정이 없으신가요?
login-no-email = 인증 메일을 받지 못하셨나요?

forgot-title = 비밀번호 찾기
forgot-lead = 이메일을 입력하시면 새 비밀번호를 정할 수 있는 링크를 보내 드립니다.
forgot-submit = 링크 보내기
forgot-sent-title = 메일을 확인해 주세요
forgot-sent-lead = 입력하신 주소로 가입한 계정이 있으면 링크가 담긴 메일이 곧 도착합니다.
forgot-again = 다른 주소로 시도하기

reset-title = 새 비밀번호 설정
reset-address = 계정:
reset-effect = 모든 기기에서 로그아웃됩니다.
reset-submit = 새 비밀번호 설정

account-title = 내 계정
account-profile = 프로필
account-change-email = 이메일 변경
account-pending-email = 인증을 기다리는 이메일
account-pending-again = 링크 다시 보내기
account-pending-cancel = 변경 취소
account-change-password = 비밀번호 변경
account-since = 가입 시기
account-save-name = 이름 저장
account-sessions = 로그인한 기기
account-sessions-lead = 모르는 기기가 있으면 로그아웃하고 비밀번호를 변경해 주세요.
session-unknown = 알 수 없는 기기
session-current = 현재 기기
session-remembered = 로그인 유지
session-began = 로그인: { $ago }
session-used = 마지막 사용: { $ago }
session-end = 로그아웃
sessions-end-others = 다른 기기에서 모두 로그아웃
account-leave = 계정 삭제
account-leave-lead = 계정과 모든 데이터를 삭제합니다.
account-delete = 계정 삭제…

email-title = 이메일 변경
email-now = 현재 이메일:
email-lead = 새 주소로 링크를 보내 드립니다. 링크를 열기 전까지는 아무것도 바뀌지 않습니다.
email-submit = 링크 보내기
email-confirm-title = 새 이메일 확인
email-old = 현재 이메일
email-new = 새 이메일
email-confirm-password = 이 브라우저에서는 로그인되어 있지 않습니다. 변경을 마치려면 비밀번호를 입력해 주세요.
email-confirm-other = 지금 { $email } 계정으로 로그인되어 있지만, 이 변경은 다른 계정에서 요청한 것입니다. 변경을 마치려면 그 계정의 비밀번호를 입력해 주세요.
email-confirm-submit = 이메일 변경하기
email-confirm-not-you = 본인이 요청하지 않았다면 이 페이지를 닫아 주세요. 아무것도 바뀌지 않습니다.

password-title = 비밀번호 변경
password-effect = 이 기기에서는 로그인이 유지되고 다른 기기에서는 모두 로그아웃됩니다.
password-submit = 비밀번호 변경

delete-title = 계정 삭제
delete-what = 삭제할 계정:
delete-lead = 되돌릴 수 없습니다. 프로필과 로그인 정보, 보내 드린 모든 링크가 바로 삭제됩니다.
delete-submit = 내 계정 삭제
