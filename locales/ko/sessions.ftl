# SMTP 세션 페이지

session-title = SMTP 세션
session-intro = 지난 24시간의 SMTP 세션입니다. 메일이 오지 않은 세션도 있습니다. 같은 세션은 한 번만 보여 줍니다.
session-filter = 필터
session-all = 전체
session-not-delivered = 전달 안 됨
session-delivered = 전달됨
session-empty = 지난 24시간 동안 SMTP 세션이 없습니다
session-back = SMTP 세션 목록으로
session-one = SMTP 세션
session-user = 사용자
session-duration = 걸린 시간
session-transcript = 대화 기록
session-no-transcript = 기록된 대화가 없습니다.
session-times = 같은 세션: { $n }, 첫 시작:
session-unlinked = 그 밖의 메시지 { $n }개 (여기에 나열하지 않았거나 삭제됨)

session-outcome-delivered = 전달됨
session-outcome-discarded = 버림
session-outcome-port_check = 포트 확인
session-outcome-no_message = 메시지 없음
session-outcome-left_during_starttls = STARTTLS 도중 종료
session-outcome-left_after_starttls = STARTTLS 직후 종료
session-outcome-left_during_smtps = TLS 연결 도중 종료
session-outcome-left_after_smtps = TLS 연결 직후 종료
session-outcome-starttls_refused = STARTTLS 거부
session-outcome-tls_on_plain_port = 평문 포트에 TLS 접속
session-outcome-http_request = HTTP 요청
session-outcome-login_refused = 로그인 거부
session-outcome-login_required = 로그인 필요
session-outcome-sender_refused = 보내는 주소 거부
session-outcome-recipient_refused = 받는 주소 거부
session-outcome-message_too_large = 메시지가 너무 큼
session-outcome-message_refused = 메시지 거부
session-outcome-storage_failed = 저장 실패
session-outcome-fault = 오류 규칙
session-outcome-timed_out = 시간 초과
session-outcome-too_many_errors = 오류가 너무 많음
session-outcome-too_many_connections = 연결이 너무 많음
session-outcome-left_before_data = 메시지 전에 종료
session-outcome-left_in_message = 메시지 도중 종료
session-outcome-command_refused = 명령 거부
session-outcome-server_stopped = 서버 종료

session-cure-discarded = 오류 규칙에 따라 250으로 응답한 뒤 메시지를 버렸거나, 허용된 수신자가 없었습니다. 이런 메시지를 받으려면 규칙을 지우거나 수신자를 허용하세요.
session-cure-no_message = 클라이언트가 메시지를 보내려 하지 않았습니다. 보내야 했다면 클라이언트의 로그를 확인하세요. EHLO 응답에 없는 STARTTLS나 로그인 방식을 요구하는 것일 수 있습니다.
session-cure-left_during_starttls = inbox.starttls = false로 설정하거나, 클라이언트가 서버의 인증서를 신뢰하게 하세요.
session-cure-left_after_starttls = inbox.starttls = false로 설정하거나, 클라이언트가 서버의 인증서를 신뢰하게 하세요.
session-cure-left_during_smtps = 클라이언트가 서버의 인증서를 신뢰하게 하거나, TLS 없이 inbox.smtp_address로 보내세요.
session-cure-left_after_smtps = 클라이언트가 서버의 인증서를 신뢰하게 하거나, TLS 없이 inbox.smtp_address로 보내세요.
session-cure-starttls_refused = 클라이언트가 꺼져 있는 STARTTLS를 요청합니다. 클라이언트에서 TLS를 끄거나 inbox.starttls = true로 설정하세요.
session-cure-tls_on_plain_port = 클라이언트가 처음부터 TLS로 접속합니다. 클라이언트에서 TLS를 끄거나, inbox.smtps_address를 설정하고 그 주소로 보내세요.
session-cure-http_request = 이 포트는 SMTP용입니다. 페이지와 API는 별도의 HTTP 주소에 있습니다.
session-cure-login_refused = 사용자 이름, 비밀번호, 로그인 방식을 확인하세요. 사용자는 inbox.smtp_users에 있습니다. 이 목록이 비어 있으면 PLAIN, LOGIN, CRAM-MD5로 하는 모든 로그인을 받아들입니다.
session-cure-login_required = 클라이언트에 inbox.smtp_users의 사용자 이름과 비밀번호를 설정하거나, 로그인 없이 메일을 받도록 그 목록을 비우세요.
session-cure-sender_refused = 대화 기록에서 MAIL FROM의 보내는 주소와 매개변수를 확인하세요.
session-cure-recipient_refused = 대화 기록에서 RCPT TO의 받는 주소와 매개변수를 확인하세요.
session-cure-message_too_large = 더 작은 메시지를 보내거나 inbox.max_message_size를 늘리세요.
session-cure-message_refused = 응답에 메시지가 넘은 한도가 나와 있습니다. 받은 부분은 보관되어 있으니 is:refused로 검색하세요.
session-cure-storage_failed = 받은 편지함에 메시지를 저장하지 못했습니다. 서버의 로그와 디스크의 남은 공간을 확인하세요.
session-cure-fault = 오류 규칙이나 카오스 트리거가 일부러 일으킨 오류입니다. 규칙은 /dev/inbox/faults에서, 트리거는 /dev/inbox/api/v1/chaos에서 지울 수 있습니다.
session-cure-timed_out = 클라이언트가 너무 오래 아무것도 보내지 않았거나 메시지를 너무 느리게 보냈습니다. 무엇을 기다리고 있었는지 확인하세요.
session-cure-too_many_errors = 서버가 받아들이지 않은 명령은 대화 기록에 있습니다.
session-cure-too_many_connections = 더 쓰지 않는 연결을 닫거나, 동시에 보내는 메시지를 줄이세요.
session-cure-left_before_data = 클라이언트가 메시지를 보내기 전에 연결을 끝냈습니다. 클라이언트의 로그를 확인하세요. 보내기를 포기했거나, 시간이 초과됐거나, 종료된 것입니다.
session-cure-left_in_message = 메시지가 끝나기 전에 연결이 끝났습니다. 받은 부분은 보관되어 있으니 is:refused로 검색하세요.
session-cure-command_refused = 클라이언트가 서버가 모르는 명령이나 순서에 맞지 않는 명령을 보냈습니다. 프로토콜과 포트를 확인하세요.
session-cure-server_stopped = 세션 도중에 서버가 종료됐습니다. 메시지를 다시 보내세요.

session-cure-mailpit-left_during_starttls = --smtp-tls-cert(MP_SMTP_TLS_CERT)를 빼거나, 클라이언트가 서버의 인증서를 신뢰하게 하세요.
session-cure-mailpit-left_after_starttls = --smtp-tls-cert(MP_SMTP_TLS_CERT)를 빼거나, 클라이언트가 서버의 인증서를 신뢰하게 하세요.
session-cure-mailpit-left_during_smtps = 클라이언트가 서버의 인증서를 신뢰하게 하거나, --smtp-require-tls(MP_SMTP_REQUIRE_TLS)를 빼세요.
session-cure-mailpit-left_after_smtps = 클라이언트가 서버의 인증서를 신뢰하게 하거나, --smtp-require-tls(MP_SMTP_REQUIRE_TLS)를 빼세요.
session-cure-mailpit-starttls_refused = 클라이언트가 꺼져 있는 STARTTLS를 요청합니다. 클라이언트에서 TLS를 끄거나 --smtp-tls-cert(MP_SMTP_TLS_CERT)로 인증서를 지정하세요.
session-cure-mailpit-tls_on_plain_port = 클라이언트가 처음부터 TLS로 접속합니다. 클라이언트에서 TLS를 끄거나, 인증서와 함께 --smtp-require-tls(MP_SMTP_REQUIRE_TLS)를 지정하세요.
session-cure-mailpit-login_refused = 사용자 이름, 비밀번호, 로그인 방식을 확인하세요. 사용자는 --smtp-auth-file이나 MP_SMTP_AUTH에 있습니다. 둘 다 없으면 PLAIN, LOGIN, CRAM-MD5로 하는 모든 로그인을 받아들입니다.
session-cure-mailpit-login_required = 클라이언트에 --smtp-auth-file이나 MP_SMTP_AUTH의 사용자 이름과 비밀번호를 설정하거나, 로그인 없이 메일을 받도록 둘 다 빼세요.
session-cure-mailpit-message_too_large = 더 작은 메시지를 보내거나 --max-message-size(MP_MAX_MESSAGE_SIZE)를 늘리세요.
session-cure-mailpit-fault = 오류 규칙이나 카오스 트리거가 일부러 일으킨 오류입니다. 규칙은 /faults에서, 트리거는 /api/v1/chaos에서 지울 수 있습니다.
