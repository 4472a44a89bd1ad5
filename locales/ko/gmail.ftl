# The page that a browser shows after Google's consent page

gmail-allowed-title = 권한을 받았습니다
gmail-allowed-text = 이제 Gatepost가 이 Gmail 계정으로 메일을 보낼 수 있습니다. 이 창을 닫고 터미널을 확인하세요.
gmail-denied-title = 권한을 받지 못했습니다
gmail-denied-text = Gatepost는 이 계정으로 메일을 보낼 수 없습니다. 허용하려면 명령을 다시 실행하세요.
gmail-other-title = 여기에는 아무것도 없습니다
gmail-other-text = Gatepost가 이 주소에서 Google의 응답을 기다리고 있지만, 이 요청은 그 응답이 아닙니다.
